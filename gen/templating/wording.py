"""Jinja bodies with alternatives: one file, many wordings, compiled once.

A body is made of blocks (`{% block benign %}...{% endblock %}`). Inside, `pick("a", "b", ...)`
stands for one of its arguments, chosen by the caller's random stream; arguments may hold slots
and further picks. A block that is a plain phrase is read and written by `gen.templating.phrase`;
every other one runs in Jinja's immutable sandbox with strict names, because it may be the user's.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any

import yaml
from jinja2 import Template, TemplateSyntaxError, nodes

from gen.templating.bounds import BoundedEnvironment, join_bounded
from gen.templating.phrase import PICK, Phrase, count_wordings, list_facts, read_phrase
from tool_catalog.errors import BadTemplate
from tool_catalog.yaml_text import compose_yaml, read_yaml

_ENVIRONMENT = BoundedEnvironment()
_BLOCK = re.compile(r"\{% block (\w+) %\}(.*?)\{% endblock %\}", re.DOTALL)
_SPACES = re.compile(r"[ \t]*\n\s*|[ \t]{2,}")


@dataclass(frozen=True, eq=False)
class Body:
    """A body; each block is read when first asked about, and compiled when Jinja must."""

    source: Path
    text: str = field(repr=False)
    """Padded with empty lines, so that line numbers are those of the file."""
    _phrases: dict[str, Phrase | None] = field(default_factory=dict, init=False, repr=False)
    _templates: dict[str, Template] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def tree(self) -> nodes.Template:
        """The parsed body.

        Raises:
            BadTemplate: a syntax error; file and line are named.
        """
        try:
            return _ENVIRONMENT.parse(self.text)
        except TemplateSyntaxError as error:
            raise BadTemplate(f"{self.source}:{error.lineno}: {error.message}") from error

    @cached_property
    def blocks(self) -> Mapping[str, "Block"]:
        """What is known of each block."""
        found: dict[str, Block] = {}
        for name, match in self._plain.items():
            phrase = self._read_phrase(name)
            if phrase is None:
                return _analyse(self.tree)
            line = self.text.count("\n", 0, match.start()) + 1
            found[name] = Block(line, count_wordings(phrase), frozenset(list_facts(phrase)))
        return found or _analyse(self.tree)

    def __contains__(self, block: str) -> bool:
        """Whether there is such a block; the others are not read for it."""
        return block in (self._plain or self.blocks)

    def mentions(self, name: str) -> bool:
        """Whether the body speaks of a fact; it is read only when the word occurs at all."""
        return name in self.text and name in self.names

    @cached_property
    def names(self) -> frozenset[str]:
        """Every fact that the body speaks of."""
        return frozenset().union(*(block.names for block in self.blocks.values()))

    @cached_property
    def _plain(self) -> Mapping[str, re.Match[str]]:
        """Where each block stands; nothing when the body is more than blocks one after another."""
        found = list(_BLOCK.finditer(self.text))
        whole = {match[1]: match for match in found}
        return whole if len(whole) == len(found) and not _BLOCK.sub("", self.text).strip() else {}

    def _read_phrase(self, block: str) -> Phrase | None:
        """The block as a phrase, read once; `None` when Jinja must write it."""
        if block not in self._phrases:
            match = self._plain.get(block)
            self._phrases[block] = read_phrase(match[2]) if match else None
        return self._phrases[block]

    def _compile(self, block: str) -> Template:
        """The block as a template of its own; compiling what is never written takes long."""
        if block not in self._templates:
            node = next((b for b in self.tree.find_all(nodes.Block) if b.name == block), None)
            if node is None:
                raise BadTemplate(f"{self.source}: no block {block!r}")
            alone = nodes.Template([node], lineno=1)
            alone.set_environment(_ENVIRONMENT)
            try:
                self._templates[block] = _ENVIRONMENT.from_string(alone)
            except TemplateSyntaxError as error:  # an unknown filter or test
                raise BadTemplate(f"{self.source}:{error.lineno}: {error.message}") from error
        return self._templates[block]

    def render(self, block: str, facts: Mapping[str, Any], rng: Random) -> str:
        """One wording of a block, on one line.

        Raises:
            BadTemplate: a fact is missing or has no such field; file and block are named.
        """
        return self.render_chosen(block, facts, rng.choice)

    def render_lines(self, block: str, facts: Mapping[str, Any], rng: Random) -> str:
        """One wording of a block as it stands, line by line."""
        if phrase := self._read_phrase(block):
            try:
                return phrase.read(facts, rng.choice).strip()
            except (LookupError, AttributeError, TypeError):
                pass  # Jinja says what is missing
        return self._write_by_jinja(block, facts, rng.choice).strip()

    def render_chosen(self, block: str, facts: Mapping[str, Any], choose: Any) -> str:
        """As `render`, with `choose(sequence)` deciding every pick."""
        if phrase := self._read_phrase(block):
            try:
                return _SPACES.sub(" ", phrase.read(facts, choose)).strip()
            except (LookupError, AttributeError, TypeError):
                pass  # Jinja says what is missing
        return _SPACES.sub(" ", self._write_by_jinja(block, facts, choose)).strip()

    def _write_by_jinja(self, block: str, facts: Mapping[str, Any], choose: Any) -> str:
        template = self._compile(block)
        values = {**facts, PICK: lambda *options: choose(options)}
        context = template.new_context(values, shared=True)  # no copy of Jinja's globals
        try:
            text = join_bounded(template.blocks[block](context))
        except Exception as error:
            line = self.blocks[block].line
            raise BadTemplate(f"{self.source}:{line}: block {block!r}: {error}") from error
        return text


@dataclass(frozen=True, slots=True)
class Block:
    """What is known of a block without rendering it."""

    line: int
    wordings: int
    """Distinct choices, before slots are filled."""
    names: frozenset[str]


def read_body(text: str, source: Path, first_line: int = 1) -> Body:
    """A body whose first line is `first_line` of its file."""
    return Body(source, "\n" * (first_line - 1) + text)


def find_line(body: Body, name: str, text: str) -> int:
    """The line of a name's first use, for error messages."""
    for number, line in enumerate(text.splitlines(), 1):
        if re.search(rf"\b{re.escape(name)}\b", line):
            return number
    return min((b.line for b in body.blocks.values()), default=1)


def read_source(path: Path) -> str:
    """The text of a template file.

    Raises:
        BadTemplate: it is not UTF-8, or cannot be read; file and line are named.
    """
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise BadTemplate(f"{path}:{line}: not UTF-8; save the file in that encoding") from error
    except OSError as error:
        raise BadTemplate(f"{path}:1: cannot be read: {error.strerror or error}") from error


def split_front_matter(
    text: str, source: Path, known: dict[str, Any] | None = None
) -> tuple[dict[str, Any], str, int]:
    """Front matter as data, the body, and the body's first line in the file.

    Args:
        text: of the file.
        source: the file.
        known: the data, where this very text was read before.

    Raises:
        BadTemplate: no front matter, or YAML that cannot be read; file and line are named.
    """
    parts = re.match(r"---\n(.*?\n)---\n(.*)", text, re.DOTALL)
    if parts is None:
        raise BadTemplate(
            f"{source}:1: front matter is missing; start with --- and end it with ---"
        )
    try:
        data = read_yaml(parts[1]) if known is None else known
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 2 if error.problem_mark else 1
        raise BadTemplate(f"{source}:{line}: {error.problem}") from error
    if not isinstance(data, dict):
        raise BadTemplate(f"{source}:2: front matter must be a mapping of keys")
    if known is None and _has_truth_keys(data):
        _refuse_truth_keys(compose_yaml(parts[1]), source)
    return data, parts[2], parts[1].count("\n") + 3


def _has_truth_keys(data: Any) -> bool:
    if isinstance(data, dict):
        return any(isinstance(key, bool) or _has_truth_keys(data[key]) for key in data)
    return isinstance(data, list) and any(map(_has_truth_keys, data))


def _refuse_truth_keys(node: Any, source: Path) -> None:
    """Raise for the first key that YAML takes for true or false, with the line it stands in."""
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    for key, value in pairs:
        if key.tag.endswith(":bool"):
            line = key.start_mark.line + 2
            raise BadTemplate(f"{source}:{line}: YAML reads the key {key.value} as true or false; "
                              "quote it, or use another name")  # fmt: skip
        _refuse_truth_keys(value, source)
    for item in node.value if isinstance(node, yaml.SequenceNode) else ():
        _refuse_truth_keys(item, source)


def find_key_line(text: str, path: tuple[str | int, ...]) -> int:
    """The line of a front matter key, followed as deep as it exists."""
    root = compose_yaml(text.split("---\n")[1])
    node, line = root, 2
    for step in path:
        if isinstance(node, yaml.MappingNode):
            pair = next((kv for kv in node.value if kv[0].value == str(step)), None)
            if pair is None:
                break
            line, node = pair[0].start_mark.line + 2, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            if step >= len(node.value):
                break
            node = node.value[step]
            line = node.start_mark.line + 2
        else:
            break
    return line


def _analyse(tree: nodes.Template) -> dict[str, Block]:
    return {
        block.name: Block(block.lineno, _count(block.body), frozenset(_find_names(block)))
        for block in tree.find_all(nodes.Block)
    }


def _count(body: list[nodes.Node]) -> int:
    """Wordings of a sequence of nodes: alternatives add, sequences multiply."""
    total = 1
    for node in body:
        total *= _count_node(node)
    return total


def _count_node(node: nodes.Node) -> int:
    if (
        isinstance(node, nodes.Call)
        and isinstance(node.node, nodes.Name)
        and node.node.name == PICK
    ):
        return sum(_count_node(argument) for argument in node.args)
    if isinstance(node, nodes.If):
        return max(_count(node.body), _count(node.else_) if node.else_ else 1)
    return _count(list(node.iter_child_nodes()))


def _find_names(block: nodes.Block) -> set[str]:
    stored = {n.name for n in block.find_all(nodes.Name) if n.ctx == "store"}
    loaded = {n.name for n in block.find_all(nodes.Name) if n.ctx == "load"}
    return loaded - stored - {PICK}
