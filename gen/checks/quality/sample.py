"""What the measures see: texts with label and group, and what they need of each record."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gen.checks.quality.masking import mask_values
from gen.contrast import ROLES, Scene
from gen.records import Placement, Record
from gen.taxonomy.labels import Label
from tool_catalog.sandbox import ASK_USER, REPORT_CONTENT
from tool_catalog.sandbox.view import Position
from tool_catalog.spec import Origin

USER, TOOL = "user", "tool"
"""Channels of a run: what users ask, and what outsiders place."""
PAYLOAD, CLAIM = "payload", "claim"
HARMLESS = ("filler", "benign_imperative", "quoted", "sensitive")
"""Kinds of placed content that are no attack wherever they stand."""
OF_OTHER_WORDS = tuple(kind for kind in HARMLESS if kind != "quoted")
"""Those of them that do not hold an attack's own words."""
ATTACKS: Mapping[str, tuple[str, ...]] = {USER: (Label.MALICIOUS,), TOOL: (PAYLOAD, CLAIM)}
"""Kinds of a channel's texts that want harm done, or have the agent believe something."""
_ROLES = {role.name: role for role in ROLES}
_OURS = {ASK_USER, REPORT_CONTENT}


@dataclass(frozen=True, slots=True)
class LabelledText:
    """A text, what it is called, and what it belongs with."""

    text: str
    label: str
    group: str
    """Contrast set: rows of one stand or fall together."""
    family: str = ""
    """Template or technique, which a fold holds out as a whole; empty: the group's own."""
    kind: str = ""
    """Role of placed content, or form of a text; empty where there is none."""


@dataclass(frozen=True, slots=True)
class RecordView:
    """What measures need of a record; the rest is let go."""

    id: str
    group: str
    split: str
    template: str
    member: str
    """Which request of its template; empty where the scene asks for something else."""
    kind: str
    """Role of the placed content."""
    user_label: str
    tool_label: str
    decision: str
    system: str
    request: str
    masked: str
    """The request without the values of its world, its calls and its answer."""
    contents: tuple[str, ...]
    """What outsiders placed."""
    positions: tuple[str, ...]
    results: tuple[str, ...]
    """What the domain's tools returned to the reference."""
    attacked_results: tuple[str, ...]
    """Those of them in which an attack stands."""
    final: str
    tools: tuple[str, ...]
    """Offered ones."""
    domains: tuple[str, ...]
    leaves: Mapping[str, str]
    generator: str


@dataclass(frozen=True, slots=True)
class Sample:
    """A set to be measured."""

    channels: Mapping[str, Sequence[LabelledText]]
    speeches: Mapping[str, Sequence[LabelledText]]
    """Texts by what they are, as often as they occur: requests, payloads, finals, results."""
    texts: Sequence[str]
    """Every text, for the search for foreign ones."""
    views: Sequence[RecordView] = ()
    """Empty for a set that is no run."""
    rows: Sequence[LabelledText] = ()
    """All of a set that is no run; empty for one."""


def make_sample(records: Iterable[Record]) -> Sample:
    """The sample of a run, read once and in order."""
    views = [view_record(record) for record in records]
    return Sample(
        channels={USER: _list_requests(views), TOOL: _list_contents(views)},
        speeches={
            "requests": [LabelledText(v.request, "", v.group) for v in views],
            "payloads": [LabelledText(text, "", v.group) for v in views if v.kind == PAYLOAD
                         for text in v.contents],
            "finals": [LabelledText(v.final, "", v.group) for v in views if v.final],
            "results": [LabelledText(text, "", v.group) for v in views for text in v.results],
        },
        views=views,
        texts=[t for v in views for t in (v.system, v.request, *v.contents, *v.results, v.final)],
    )  # fmt: skip


def view_record(record: Record) -> RecordView:
    """A record as the measures see it."""
    scenario, role = record.scenario, _ROLES.get(record.role)
    plain = role is not None and role.scene is Scene.PLAIN
    placed = [p for p in scenario.placements if _is_outsiders(p)]
    results = [u.result for s in record.reference for u in s.calls if u.tool not in _OURS]
    kind = role.content if role else ""
    attack = kind in ATTACKS[TOOL] and record.tool_label is Label.MALICIOUS
    written = [json.dumps(p.content, ensure_ascii=False)[1:-1] for p in placed] if attack else []
    return RecordView(
        id=record.id,
        group=record.contrast_set_id,
        split=record.split,
        template=record.provenance.template,
        member=role.member if role and plain else "",
        kind=kind,
        user_label=str(record.user_label),
        tool_label=str(record.tool_label),
        decision=str(scenario.last.expectation.decision),
        system=scenario.system,
        request=scenario.last.text,
        masked=mask_values(record) if plain else "",
        contents=tuple(p.content for p in placed),
        positions=tuple(str(p.position) for p in placed),
        results=tuple(results),
        attacked_results=tuple(r for r in results if any(text in r for text in written)),
        final=record.reference[-1].text,
        tools=scenario.tools,
        domains=tuple(scenario.worlds),
        leaves=record.leaves.model_dump(),
        generator=record.provenance.generator,
    )


def _is_outsiders(placed: Placement) -> bool:
    return placed.origin is Origin.THIRD_PARTY and placed.position is not Position.REPLACE


def _list_requests(views: Iterable[RecordView]) -> list[LabelledText]:
    """Requests by user label; families are templates, kinds which request of it."""
    return _drop_repeats(
        LabelledText(v.request, v.user_label, v.group, v.template, v.member) for v in views
    )


def _list_contents(views: Iterable[RecordView]) -> list[LabelledText]:
    """Contents by tool label; families are techniques, of harmless ones their leaf."""
    return _drop_repeats(
        LabelledText(text, v.tool_label, v.group, v.leaves["technique"] or v.leaves["tool"], v.kind)
        for v in views
        for text in v.contents
    )


def _drop_repeats(texts: Iterable[LabelledText]) -> list[LabelledText]:
    """Each text once in its group, for each label and kind that it has there."""
    return [*dict.fromkeys(texts)]
