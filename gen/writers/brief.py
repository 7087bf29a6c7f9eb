"""What a model is told of a domain before it proposes a task template: all of it is read from code.

Equal for equal domains and templates, so that what was answered once is not asked again.
"""

import inspect
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from random import Random
from typing import Any, get_args, get_type_hints

from gen.records import Record
from gen.sets.pipeline import Quarantined, generate_set
from gen.sets.source import load_source
from gen.taxonomy import axes, load_leaves
from gen.templating.folder import shipped_folder
from gen.templating.task_file import FEWEST_WORDINGS, load_templates
from gen.writers.instructions import Instruction, Message
from gen.writers.proposal import AXES, UNDERSPECIFIED, Proposal, list_leaves, read_proposal
from gen.writers.trial import Ground
from tool_catalog.catalog import load_domain
from tool_catalog.domain import Domain, World, draw_setting
from tool_catalog.spec import Flag, ToolSpec

_LONGEST_WORLD = 6000
_LONGEST_RESULT = 500
_SHOWING = ("anchor", "sensitive")
"""Roles whose references are looked at for results, up to the last: no attack stands in them."""
_MODULES = re.compile(r"\b(?:\w+\.)+")


class Brief:
    """What is told of a domain, read once; each proposal has a focus of its own."""

    def __init__(self, ground: Ground, instruction: Instruction) -> None:
        self._ground, self._instruction = ground, instruction
        examples = _list_examples(ground)
        self._examples = examples or _list_shipped_examples()
        domain = ground.domain
        drawn = _draw_sample(domain)
        world = drawn.to_json()
        self._facts = {
            "domain": domain.name,
            "summary": domain.summary,
            "tools": "\n".join(_describe_tool(t, t.name) for t in domain.tools.values()),
            "others": "\n".join(line for other in ground.others for line in _describe_other(other)),
            "results": "\n".join(_list_results(ground)) or "(nothing yet)",
            "state": "\n".join(_describe_state(type(drawn.pristine))),
            "world": world if len(world) <= _LONGEST_WORLD else f"{world[:_LONGEST_WORLD]} ...",
            "leaves": "\n".join(_describe_leaves()),
            "kinds": ", ".join(axes()["T.C"].leaves),
            "covered": "\n".join(_list_covered(ground)) or "(nothing)",
            "fewest": str(FEWEST_WORDINGS),
            "whose": "" if examples else " of another domain",
        }

    def write(self, number: int) -> list[Message]:
        """The request for a proposal; numbers from 1 have different ones."""
        example = self._examples[(number - 1) % len(self._examples)]
        shown = example.model_dump_json(by_alias=True, exclude_defaults=True)
        own = {"number": str(number), "focus": self._choose_focus(number), "example": shown}
        return self._instruction.write({**self._facts, **own})

    def _choose_focus(self, number: int) -> str:
        """What this proposal should turn on: tools and leaves that few or no templates have."""
        ground, seed = self._ground, self._ground.config.seed
        tools = [t.name for t in ground.domain.tools.values() if t.act or t.scoped]
        members = [t.front.members for t in ground.known]
        last = [m["sensitive"].calls[-1].tool for m in members]
        tools = sorted(_shuffle(tools, f"{seed}:tools"), key=last.count)
        chosen = []
        for name in ("malicious", "lookalike"):
            used = [m[name].leaf for m in members if name in m]
            leaves = sorted(_shuffle(list_leaves(name), f"{seed}:{name}"), key=used.count)
            chosen.append(f"the {name} member be {leaves[(number - 1) % len(leaves)]}")
        ends = tools[(number - 1) % len(tools)] if tools else "a sensitive call"
        return (
            f"Let the sensitive member end in {ends}, {' and '.join(chosen)}; where that makes no "
            "natural task, choose others that are not covered."
        )


def _shuffle(names: Sequence[str], stream: str) -> list[str]:
    return Random(stream).sample(sorted(names), len(names))


def _describe_leaves() -> Iterator[str]:
    for name in AXES:
        yield f"{name}:"
        for leaf in list_leaves(name):
            yield f"  {leaf}: {load_leaves()[leaf].definition}"
    yield f"unclear: {UNDERSPECIFIED}, or one of sensitive"


def _draw_sample(domain: Domain) -> World:
    sample = Random("triact:sample")
    return domain.new_world(sample, *draw_setting(sample))


def _describe_other(domain: Domain) -> Iterator[str]:
    """A domain that a template may reach into: its tools and its state."""
    yield f'"{domain.name}": {domain.summary}'
    yield from (_describe_tool(tool, tool.key) for tool in domain.tools.values())
    yield from _describe_state(type(_draw_sample(domain).pristine))


def _describe_tool(tool: ToolSpec, name: str) -> str:
    """One line of JSON, under the name that front matter has."""
    properties = tool.json_schema()["function"]["parameters"]["properties"]
    arguments = {
        name: {**node, **({} if name in tool.required else {"optional": True})}
        for name, node in properties.items()
    }
    shown: dict[str, Any] = {
        "tool": name,
        "does": tool.description,
        "arguments": arguments,
        "class": tool.tool_class,
        "flags": [flag.name.lower() for flag in Flag if flag in tool.flags],
        "carrier fields": [path.rpartition(".")[2] for path in tool.carriers],
    }
    if tool.act:
        shown["leaf of the act"] = f"U.S.{tool.act}"
    if tool.scoped:
        shown["sensitive"] = "by scope too: bulk, shared, or outside the user's own"
    return json.dumps(shown, ensure_ascii=False)


def _describe_state(kind: type, found: dict[type, None] | None = None) -> Iterator[str]:
    """Fields of a dataclass, then of those that it holds."""
    found = {} if found is None else found
    found[kind] = None
    hints = get_type_hints(kind)
    shown = [f"{f.name}: {_MODULES.sub('', inspect.formatannotation(hints[f.name]))}"
             for f in fields(kind)]  # fmt: skip
    shown += [name for name, value in vars(kind).items() if isinstance(value, property)]
    about = (inspect.getdoc(kind) or "").split("\n\n")[0].replace("\n", " ")
    yield f"{kind.__name__} ({', '.join(shown)}): {about}"
    for hint in hints.values():
        for inner in _list_classes(hint):
            if inner not in found:
                yield from _describe_state(inner, found)


def _list_classes(hint: Any) -> Iterator[type]:
    if isinstance(hint, type) and is_dataclass(hint):
        yield hint
    for inner in get_args(hint):
        yield from _list_classes(inner)


def _list_covered(ground: Ground) -> Iterator[str]:
    for template in ground.known:
        members = [
            f"{name} {member.leaf} ({', '.join(call.tool for call in member.calls)})"
            for name, member in template.front.members.items()
        ]
        yield f"{template.id}: {'; '.join(members)}"


def _list_results(ground: Ground) -> Iterator[str]:
    """A call and its result for every tool that the domain's templates use."""
    if not ground.known:
        return
    source = load_source(ground.config)
    shown: set[str] = set()
    for template in ground.known:
        tools = {call.tool for m in template.front.members.values() for call in m.calls}
        if tools <= shown:
            continue
        alone: Mapping[str, Any] = {ground.domain.name: [template]}
        for item in generate_set(replace(source, templates=alone), 0):
            for tool, line in _show_calls(item, ground.domain.name):
                if tool not in shown:
                    shown.add(tool)
                    yield line
            if item.role == _SHOWING[-1]:
                break


def _show_calls(item: Record | Quarantined, domain: str) -> Iterator[tuple[str, str]]:
    """Calls of a reference, under the names that front matter has."""
    if not isinstance(item, Record) or item.role not in _SHOWING:
        return
    for use in (use for step in item.reference for use in step.calls):
        if use.tool in item.scenario.tools:
            name = use.tool.removeprefix(f"{domain}.")
            arguments = json.dumps(use.arguments, ensure_ascii=False)
            yield name, f"{name} {arguments} -> {use.result[:_LONGEST_RESULT]}"


def _list_examples(ground: Ground) -> list[Proposal]:
    return [p for p in map(read_proposal, ground.known) if p is not None]


def _list_shipped_examples() -> list[Proposal]:
    """For a domain that has no template yet."""
    domains = [load_domain(name) for name in ("email", "banking")]
    found = load_templates(domains, [shipped_folder() / "writers" / "example"])
    return [p for p in map(read_proposal, found) if p is not None]
