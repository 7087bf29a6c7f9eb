"""From an index to proven records: the only place that orders the steps.

seed, index -> situation -> members -> conversation -> sandbox -> labels -> record -> checks
"""

import json
from collections.abc import Iterator
from random import Random

from gen.checks import check_record
from gen.contrast import Role, Scene
from gen.episode import Rehearsal, open_episode
from gen.records import (
    Counterfactual,
    Provenance,
    Quarantined,
    Record,
    Scenario,
    Step,
    ToolUse,
)
from gen.sets.conversation import Conversation, write_conversation
from gen.sets.draft import Draft
from gen.sets.leaves import write_leaves
from gen.sets.reference.counterfactuals import write_counterfactuals
from gen.sets.reference.plan import Move
from gen.sets.reference.trajectory import label_result, write_reference
from gen.sets.scene import EVERY_TEXT
from gen.sets.situation import Notebook, Situation, draw_situation
from gen.sets.source import Source
from gen.sets.words import Words, name_thought, show_quote
from gen.stories.binding import BoundTask
from gen.taxonomy.labels import Label, worst
from gen.verdict import Verdict
from tool_catalog.errors import BadDomainFile
from tool_catalog.sandbox.event import Event
from tool_catalog.sandbox.view import Position

__all__ = ["Quarantined", "generate_set"]


def generate_set(
    source: Source, index: int, words: Words | None = None
) -> Iterator[Record | Quarantined]:
    """Every member of one contrast set, proven or quarantined.

    Args:
        source: of the run.
        index: of the set.
        words: texts that a model wrote for it.

    Raises:
        BadDomainFile: a tool that is declared to read only changed the state.
    """
    situation = draw_situation(source, index)
    if situation is None:
        yield Quarantined(index, "*", "", "no world fits the template's slots")
        return
    notebook = Notebook(words or Words())
    for role in situation.roles:
        gap = find_gap(situation, role)
        if gap:
            yield Quarantined(index, role.name, situation.template.id, gap)
        else:
            yield _make_record(Draft(source, situation, notebook, role))
    for world in situation.worlds:
        if not world.is_pristine():
            raise BadDomainFile(
                f"{world.domain.source}: a tool flagged R changed the state; give it flag W"
            )


def find_gap(situation: Situation, role: Role) -> str:
    """What a role needs and the set does not have; empty when nothing is lacking."""
    if role.content == "claim" and situation.swap is None:
        return "no other value of that kind to claim"
    if role.content == "errand" and situation.errand is None:
        return "no errand fits this world"
    if role.scene is Scene.RECORD_AGREES:
        value = situation.true_value
        if any(value in str(call.arguments) for call in situation.calls["benign"]):
            return "the changed value is one that the task's calls are made with"
    return ""


class Performance:
    """The reference of a member, written while it is played."""

    def __init__(self, draft: Draft, conversation: Conversation) -> None:
        scenario = conversation.scenario
        key = "|".join(f"{p.tool}.{p.field}:{p.content}" for p in scenario.placements)
        key += "|".join(f"{m.tool}:{m.error}" for m in scenario.mishaps)
        notebook = draft.notebook
        episode = open_episode(
            scenario, draft.source.config.domain_files, draft.situation.worlds, notebook.transitions
        )
        shared = notebook.beginnings.setdefault(key, {})
        self.rehearsal = Rehearsal(episode, shared)
        play = self.rehearsal.begin()
        self.moves: list[Move] = []
        self.events: list[Event] = []
        """Of the reference's calls, in order."""
        self.last_turn: int
        """Where the last turn's messages begin."""
        self.labels = [Label.BENIGN]
        rng, heard, thoughts = Random(), list[str](), draft.notebook.words
        for turn, plan in zip(scenario.turns, conversation.plans, strict=True):
            self.last_turn, self.last_events = len(self.moves), len(self.events)
            script, events = write_reference(plan, rng), None
            heard.append(turn.text)
            while True:
                rng.seed(draft.seed_after(*heard))
                try:
                    move = next(script) if events is None else script.send(events)
                except StopIteration:
                    break
                if thoughts.texts:
                    key = name_thought(draft.role.name, len(self.moves))
                    words = thoughts.choose(key, move.thought)
                    move = move._replace(thought=show_quote(words, move.thought))
                self.moves.append(move)
                events = play.take(move)
                heard += [event.result for event in events]
                self.events += events
                self.labels += [label_result(event, plan) for event in events]
        self.results, self.verdict, self.sandbox = play.end()


def _make_record(draft: Draft) -> Record | Quarantined:
    conversation = write_conversation(draft)
    reference = Performance(draft, conversation)
    if reason := _find_reference_fault(draft, conversation.scenario, reference):
        return draft.quarantine(reason)
    steps = tuple(map(_write_step, reference.moves, reference.results))
    known = {id(move): step for move, step in zip(reference.moves, steps, strict=True)}
    counterfactuals, start = [], reference.last_turn
    wrongs = write_counterfactuals(
        conversation.plans[-1], reference.moves[start:], reference.events[reference.last_events :],
        draft.rng("wrong"),
    )  # fmt: skip
    for name, faults, wrong in wrongs:
        moves = [*reference.moves[:start], *wrong]
        played, verdict, _ = reference.rehearsal.play(moves)
        if verdict.faults != faults:
            found = ", ".join(sorted(verdict.faults)) or "none"
            wanted = ", ".join(sorted(faults))
            return draft.quarantine(f"counterfactual {name}: faults {found}, made to have {wanted}")
        pairs = zip(moves, played, strict=True)
        made = tuple(_write_again(known.get(id(move)), move, said) for move, said in pairs)
        counterfactuals.append(Counterfactual(name=name, faults=tuple(sorted(faults)), steps=made))
    record = _write_record(draft, conversation.scenario, reference, steps, tuple(counterfactuals))
    finding = check_record(record, draft.situation.tools)
    return draft.quarantine(finding) if finding else record


def _write_step(move: Move, said: tuple[str, ...]) -> Step:
    uses = [
        ToolUse(tool=call.tool, arguments=dict(call.arguments), result=result)
        for call, result in zip(move.calls, said, strict=True)
    ]
    return Step(thought=move.thought, calls=tuple(uses), text=move.text)


def _write_again(known: Step | None, move: Move, said: tuple[str, ...]) -> Step:
    """The reference's own step where its message was answered alike: most of them are."""
    if known is not None and all([u.result == r for u, r in zip(known.calls, said, strict=True)]):
        return known
    return _write_step(move, said)


def _find_reference_fault(draft: Draft, scenario: Scenario, played: Performance) -> str:
    """Why the reference proves nothing; empty when it does."""
    verdict: Verdict = played.verdict
    if verdict.faults:
        return f"reference: faults {', '.join(sorted(verdict.faults))}"
    if not verdict.solved:
        return "reference: task not solved"
    if verdict.observed is not verdict.expected:
        return f"reference: observed {verdict.observed}, expected {verdict.expected}"
    if any(move.text.rstrip().endswith("?") for move in played.moves):
        return "a message that ends a turn is a question"  # and would be answered as one
    called = {event.tool for event in played.events}
    shown = {text for event in played.events for text in event.placed}
    for placed in scenario.placements:
        if placed.position is Position.REPLACE:
            if not any(_says(event, placed.content) for event in played.events):
                return "the record does not say the changed value"
            continue
        if placed.tool in (*called, EVERY_TEXT) and placed.content not in shown:
            return f"content placed in {placed.tool}.{placed.field} was not shown"
    attacked = draft.content_label is Label.MALICIOUS and not draft.refuses
    if attacked and Label.MALICIOUS not in played.labels:
        if any(r.due for r in scenario.last.expectation.reportable):
            return "the attack was never shown"
    return ""


def _says(event: Event, value: str) -> bool:
    """Whether a result says a value of itself, apart from what was placed in it."""
    text = event.result
    for content in event.placed:
        written = json.dumps(content, ensure_ascii=False)
        text = text.replace(written.removeprefix('"').removesuffix('"'), "")
    return value in text


def _write_record(
    draft: Draft,
    scenario: Scenario,
    played: Performance,
    steps: tuple[Step, ...],
    wrong: tuple[Counterfactual, ...],
) -> Record:
    """The record, with its labels as its results bear them out, and where it comes from."""
    situation, role, config = draft.situation, draft.role, draft.source.config
    tool_label = worst(played.labels)
    if tool_label is not draft.content_label:
        scenario = _rule_again(draft, scenario, tool_label)
    attack = draft.attack
    return Record(
        id=f"{config.seed}-{situation.index:07d}-{role.name}",
        contrast_set_id=f"{config.seed}-{situation.index:07d}",
        role=role.name,
        split=situation.split,
        user_label=draft.user_label,
        tool_label=tool_label,
        authorization=role.authorization or draft.member.authorization,
        pre_approval=role.pre_approval,
        policy_profile=draft.source.policy.name,
        policy_form=situation.form,
        hard_negative=role.hard_negative or bool(attack and attack.hard_negative),
        leaves=write_leaves(draft),
        render_level=1 if draft.user_label is Label.MALICIOUS else 2,
        scenario=scenario,
        reference=steps,
        final_state=played.sandbox.state_hash(),
        counterfactuals=wrong,
        provenance=_write_provenance(draft),
    )


def _rule_again(draft: Draft, scenario: Scenario, tool_label: Label) -> Scenario:
    """The scenario ruled on by what its results turned out to be."""
    last = scenario.last
    ruling = draft.rule_on(tool_label)
    if ruling.decision is not last.expectation.decision:
        return scenario
    update = {"modifiers": ruling.modifiers, "case": ruling.case}
    turn = last.model_copy(update={"expectation": last.expectation.model_copy(update=update)})
    return scenario.model_copy(update={"turns": (*scenario.turns[:-1], turn)})


def _write_provenance(draft: Draft) -> Provenance:
    situation, source, role = draft.situation, draft.source, draft.role
    words, template = draft.notebook.words, situation.template
    files = [template.file, source.files["speech"]]
    if isinstance(template, BoundTask):
        files += template.files
    files += [source.files[world.domain.name] for world in situation.worlds]
    if (placed := draft.find_placed()) is not None:
        files += placed.files
    if role.content == "quoted":
        files += situation.attack.files
    return Provenance(
        seed=source.config.seed,
        contrast_set=situation.index,
        template=template.id,
        files=tuple({(f.kind, f.name): f for f in files}.values()),
        generator=words.generator,
        prompt_digest=words.prompt_digest,
        endpoint_host=words.endpoint_host,
    )
