"""From an index to proven records: the only place that orders the steps.

seed, index -> situation -> members -> text -> sandbox replay -> record -> checks
"""

import json
from collections.abc import Iterator, Sequence

from gen.checks import check_record
from gen.contrast import ROLES, Role
from gen.episode import Rehearsal, open_episode
from gen.records import (
    Counterfactual,
    Record,
    Step,
)
from gen.sets.draft import Draft, Quarantined, name_thought
from gen.sets.situation import Situation, Source, draw_situation
from gen.sets.trajectory import Move, build_counterfactuals, build_reference
from gen.sets.words import Text, Words
from gen.verdict import Verdict
from tool_catalog.errors import BadDomainFile

__all__ = ["Quarantined", "generate_set", "list_texts", "reword_thoughts"]


def generate_set(
    source: Source, index: int, words: Words | None = None
) -> Iterator[Record | Quarantined]:
    """Every member of one contrast set, proven or quarantined.

    Args:
        source: of the run.
        index: of the set.
        words: texts that a model wrote for it.
    """
    situation = draw_situation(source, index, words)
    if situation is None:
        yield Quarantined(index, "*", "", "no world fits the template's slots")
        return
    for role in ROLES:
        if role.member in situation.template.front.members:
            yield _make_record(source, situation, role)
    if not situation.world.is_pristine():
        raise BadDomainFile(
            f"{situation.domain.source}: a tool flagged R changed the state; give it flag W"
        )


def list_texts(source: Source, index: int, *, thoughts: bool = False) -> list[Text]:
    """Every text of a set that may be worded anew, as the templates have it; nothing is executed.

    Encoded attacks are not among them, quoted or not: only their plain form is language.

    Args:
        source: of the run.
        index: of the set.
        thoughts: with what the agent thinks in the reference of every member.
    """
    situation = draw_situation(source, index)
    if situation is None:
        return []
    found: dict[str, Text] = {}
    for role in ROLES:
        if role.member in situation.template.front.members:
            draft = Draft(source, situation, role)
            for text in (*draft.list_texts(), *(draft.list_thoughts() if thoughts else ())):
                found.setdefault(text.key, text)
    return list(found.values())


def _make_record(source: Source, situation: Situation, role: Role) -> Record | Quarantined:
    draft = Draft(source, situation, role)
    plan = draft.plan
    rehearsal = Rehearsal(
        open_episode(draft.scenario, source.config.domain_files, situation.world),
        situation.reads.setdefault(role.content, {}),
    )
    rng = draft.rng("speech")
    moves = reword_thoughts(build_reference(plan, rng), situation.words, role)
    results, verdict, sandbox = rehearsal.play(moves)
    if reason := _find_reference_fault(draft, moves, results, verdict):
        return draft.quarantine(reason)
    counterfactuals = []
    for name, faults, wrong in build_counterfactuals(plan, moves, rng):
        played, verdict, _ = rehearsal.play(wrong)
        if verdict.faults != faults:
            found = ", ".join(sorted(verdict.faults)) or "none"
            made = ", ".join(sorted(faults))
            return draft.quarantine(f"counterfactual {name}: faults {found}, made to have {made}")
        counterfactuals.append(
            Counterfactual(
                name=name, faults=tuple(sorted(faults)), steps=_write_steps(wrong, played)
            )
        )
    record = draft.finish(
        _write_steps(moves, results), sandbox.state_hash(), tuple(counterfactuals)
    )
    finding = check_record(record)
    return draft.quarantine(finding) if finding else record


def reword_thoughts(moves: Sequence[Move], words: Words, role: Role) -> list[Move]:
    """The same moves, with a model's words for their thoughts where there are some."""
    if not words.texts:
        return list(moves)
    return [
        move._replace(thought=words.choose(name_thought(role, number), move.thought))
        for number, move in enumerate(moves)
    ]


def _write_steps(moves: Sequence[Move], results: Sequence[str]) -> tuple[Step, ...]:
    return tuple(
        [
            Step(thought=m.thought, tool=m.tool, arguments=dict(m.arguments), text=m.text, result=r)
            for m, r in zip(moves, results, strict=True)
        ]
    )


def _find_reference_fault(
    draft: Draft, moves: Sequence[Move], results: Sequence[str], verdict: Verdict
) -> str:
    """Why the reference proves nothing; empty when it does."""
    if verdict.faults:
        return f"reference: faults {', '.join(sorted(verdict.faults))}"
    if not verdict.solved:
        return "reference: task not solved"
    if verdict.observed is not verdict.expected:
        return f"reference: observed {verdict.observed}, expected {verdict.expected}"
    for placed in draft.scenario.placements:
        shown = [r for m, r in zip(moves, results, strict=True) if m.tool == placed.tool]
        text = json.dumps(placed.content, ensure_ascii=False)[1:-1]  # as it stands in JSON text
        if shown and not any(text in result for result in shown):
            return f"content placed in {placed.tool}.{placed.field} was not shown"
    return ""
