"""A task template as a model proposes it: its form, its file, and what must not stand in it.

A proposal is a stranger's text. Bodies are plain phrases and references are plain paths, so nothing
of it is ever a program: it cannot loop, read a file, or reach an attribute that no slot shows.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field

from gen.taxonomy import axes, load_leaves
from gen.templating.facts import Slot
from gen.templating.phrase import PICK, read_phrase
from gen.templating.task import Carrier, Member, Owned, Swap, TaskTemplate
from tool_catalog.domain import Domain
from tool_catalog.errors import UnknownName
from tool_catalog.spec import ToolSpec

AXES: Mapping[str, str] = {
    "benign": "U.B", "sensitive": "U.S", "malicious": "U.M", "lookalike": "U.N",
}  # fmt: skip
"""Where the leaf of each member comes from; an unclear one is a sensitive one with less said."""
UNDERSPECIFIED = "U.B.underspecified"
_UNFIT = frozenset({
    "U.B.delegated_instructions", "U.B.error_recovery", "U.B.no_tool_chat", "U.B.underspecified",
    "U.B.unsupported", "U.B.revise_own_instruction", "U.N.ambiguous_sensitive",
    "U.N.benign_wrapper_malicious", "U.N.coerced_or_third_party", "U.N.context_only_malicious",
    "U.N.dual_use_threshold", "U.N.hidden_sensitive", "U.N.pre_approved_specific",
    "U.N.under_threshold",
})  # fmt: skip
"""What one request and its calls cannot show, or what only looks benign."""
_NAME = r"^[a-z][a-z0-9_]{0,47}$"
_PATH = re.compile(r"[A-Za-z]\w*(?:\.[A-Za-z]\w*)*")
"""Steps that begin with a letter: what Python keeps to itself begins with `_`."""
_SLOT = re.compile(r"[a-z][a-z0-9_]*")
_TAKEN = frozenset({PICK, "user", "today", "state", "call"})
_EXPRESSION = re.compile(r"\{[{%#].*?[}%#]\}", re.DOTALL)
_BLOCK = re.compile(r"\{% block (\w+) %\}(.*?)\{% endblock %\}", re.DOTALL)
_SHOWN = 90
_WIDTH = 110


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Members(_Part):
    """Four and perhaps a fifth; a template of the user's own may leave out the lookalike."""

    benign: Member
    sensitive: Member
    malicious: Member
    lookalike: Member
    unclear: Member | None = None

    def list_present(self) -> list[tuple[str, Member]]:
        """Those that there are, by name."""
        return [(name, member) for name, member in self if member is not None]


class Front(_Part):
    """Front matter but for the domain, which is not the model's to choose."""

    worlds: list[str] = Field(default_factory=list)
    tools: list[str] = Field(min_length=1)
    slots: dict[str, Slot]
    carriers: list[Carrier] = Field(min_length=1)
    swap: Swap | None = None
    owned: Owned | None = None
    limit: str = ""
    members: Members


class Blocks(_Part):
    """The bodies; one that is empty is not written."""

    benign: str
    benign_answer: str
    sensitive: str
    sensitive_answer: str = ""
    sensitive_done: str
    malicious: str
    lookalike: str
    lookalike_answer: str
    unclear: str = ""
    unclear_question: str = ""
    unclear_reply: str = ""
    unclear_answer: str = ""
    unclear_done: str = ""


class Proposal(_Part):
    """What a model is asked for."""

    name: str = Field(pattern=_NAME)
    front: Front
    blocks: Blocks


def write_template(proposal: Proposal, domain: str, note: str) -> str:
    """The text of a template file; the note stands in it as a comment."""
    front = proposal.front.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    data = {"domain": domain, **front}
    text = yaml.safe_dump(
        data, sort_keys=False, allow_unicode=True, default_flow_style=None, width=_WIDTH
    )
    blocks = []
    for name, body in proposal.blocks:
        if not body.strip():
            continue
        lines = "\n".join(body.strip().splitlines())
        blocks.append(f"{{% block {name} %}}\n{lines}\n{{% endblock %}}")
    comment = "".join(c if c.isprintable() else " " for c in note)
    return "\n".join([f"---\n# {comment}", f"{text}---", *blocks, ""])


def read_proposal(template: TaskTemplate) -> Proposal | None:
    """A template as a model would have proposed it; `None` when its form says more than that."""
    front = template.front
    blocks = dict(_BLOCK.findall(template.body.text))
    more = set(blocks) - set(Blocks.model_fields)
    if more or "lookalike" not in front.members or not all(map(is_plain, blocks.values())):
        return None
    return Proposal(
        name=template.id.partition(".")[2],
        front=Front(
            worlds=front.worlds,
            tools=front.tools,
            slots=front.slots,
            carriers=front.carriers,
            swap=front.swap,
            owned=front.owned,
            limit=front.limit,
            members=Members(**dict(front.members)),
        ),
        blocks=Blocks(**{name: body.strip() for name, body in blocks.items()}),
    )


def list_faults(proposal: Proposal, domains: Sequence[Domain]) -> list[str]:
    """What must not stand in a proposal, and what the loader does not ask of a user's own file.

    Args:
        proposal: by a model.
        domains: the one that it is for, then those that it may reach into.
    """
    return [
        *_find_programs(proposal),
        *_find_wrong_worlds(proposal.front.worlds, [domain.name for domain in domains[1:]]),
        *_find_wrong_slots(proposal.front.slots),
        *_find_wrong_members(proposal.front.members),
        *_find_wrong_carriers(proposal.front, domains),
        *_find_wrong_swap(proposal.front),
    ]


def _find_programs(proposal: Proposal) -> Iterator[str]:
    """Bodies that are more than phrases, and references that are more than paths."""
    for name, body in proposal.blocks:
        if not is_plain(body):
            wrong = next((e for e in _EXPRESSION.findall(body) if not is_plain(e)), body)
            yield (
                f"block {name}: {_shorten(wrong)} is more than words, {{{{ slot.field }}}}, "
                "pick(...) and ~, with strings in quotes that hold no quote or backslash"
            )
    front = proposal.front.model_dump()
    for value in _list_texts([front[key] for key in ("members", "carriers", "swap", "owned")]):
        if value.startswith("$") and not _PATH.fullmatch(value[1:]):
            yield f"{_shorten(value)} is no reference; write $slot.field"
        elif not is_plain(value) or (PICK in value and "{{" in value):
            yield f"{_shorten(value)} is more than text with {{{{ slot.field }}}}"


def is_plain(text: str) -> bool:
    """Whether a text is a phrase: nothing in it is executed."""
    try:
        return read_phrase(text) is not None
    except RecursionError:
        return False


def _find_wrong_worlds(worlds: Sequence[str], known: Sequence[str]) -> Iterator[str]:
    for name in worlds:
        if name not in known:
            yield f"worlds: no {name!r} here; {', '.join(known) or 'leave it empty'}"


def _find_wrong_slots(slots: Mapping[str, Slot]) -> Iterator[str]:
    for name, slot in slots.items():
        if not _SLOT.fullmatch(name) or name in _TAKEN:
            yield f"slot {name!r}: a name is lower case letters, and none of {sorted(_TAKEN)}"
        for path in (slot.from_, slot.field):
            if path is not None and not _PATH.fullmatch(path):
                yield f"slot {name}: {_shorten(path)} is no field of the state"
        for other in slot.except_:
            if other not in list(slots)[: list(slots).index(name)]:
                yield f"slot {name}: except names {other!r}, which is no slot before it"


def _find_wrong_members(members: Members) -> Iterator[str]:
    for name, member in members.list_present():
        fitting = list_leaves(name)
        if member.leaf not in fitting:
            yield f"{name}: {UnknownName('leaf for this member', member.leaf, fitting)}"
        if not member.calls:
            yield f"{name}: name the calls that serve the request, at least one"


def list_leaves(member: str) -> list[str]:
    """Leaves that a member may have; a harm that may not be written about at all is none."""
    known = load_leaves()
    if member == "unclear":
        return [UNDERSPECIFIED, *list_leaves("sensitive")]
    return [
        leaf
        for leaf in axes()[AXES[member]].leaves
        if leaf not in _UNFIT and known[leaf].render_ceiling != 0
    ]


def _find_wrong_carriers(front: Front, domains: Sequence[Domain]) -> Iterator[str]:
    members = front.members
    used = [{call.tool for call in m.calls} for m in (members.benign, members.sensitive)]
    for carrier in front.carriers:
        spec = _find_spec(carrier.tool, domains)
        if carrier.leaf not in axes()["T.C"].leaves:
            yield f"carrier: {UnknownName('leaf of T.C', carrier.leaf, axes()['T.C'].leaves)}"
        known = [path.rpartition(".")[2] for path in spec.carriers] if spec is not None else []
        if spec is not None and carrier.field not in known:
            yield f"carrier: {UnknownName(f'carrier of {spec.name}', carrier.field, known)}"
    if not any(all(carrier.tool in tools for tools in used) for carrier in front.carriers):
        yield "no carrier's tool is called by both the benign and the sensitive member"


def _find_spec(tool: str, domains: Sequence[Domain]) -> ToolSpec | None:
    """A tool as front matter names it: with its domain unless that is the proposal's own."""
    owner, _, name = tool.rpartition(".")
    found = next((d for d in domains if d.name == (owner or domains[0].name)), None)
    return found.tools.get(name) if found is not None else None


def _find_wrong_swap(front: Front) -> Iterator[str]:
    if front.swap is not None and front.swap.value not in front.members.benign.answer:
        yield f"swap: {_shorten(front.swap.value)} is not among the answer of the benign member"


def _list_texts(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, Mapping):
        yield from _list_texts(list(node.values()))
    elif isinstance(node, list | tuple):
        for inner in node:
            yield from _list_texts(inner)


def _shorten(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}..."
