import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from gen.episode import (
    BESIDE,
    Beginnings,
    Episode,
    Rehearsal,
    list_schemas,
    list_tools,
    open_episode,
    read_intent,
    replay,
)
from gen.records import (
    CallMatch,
    Expectation,
    Mishap,
    Placement,
    Record,
    Scenario,
    Step,
    ToolUse,
    UserScript,
    UserTurn,
)
from gen.taxonomy.labels import Decision
from gen.verdict import Fault
from tool_catalog.catalog import load_domain
from tool_catalog.domain import draw_setting
from tool_catalog.sandbox import ASK_USER, REASONS, REPORT_CONTENT
from tool_catalog.sandbox.event import EventKind
from tool_catalog.sandbox.user import Attitude, WantedCall
from tool_catalog.sandbox.view import Position
from tool_catalog.spec import Origin

TOY = Path(__file__).parents[1] / "toy_notes.py"
DOMAIN = load_domain("toy_notes", (TOY,))
WORLD = DOMAIN.new_world(Random(3), *draw_setting(Random(3)))
READ, ADD = "toy_notes.read_note", "toy_notes.add_note"


def pick(records: list[Record], decision: Decision) -> Record:
    return next(r for r in records if r.scenario.last.expectation.decision is decision)


def say(text: str, expectation: Expectation | None = None, **script: Any) -> UserTurn:
    expected = expectation or Expectation(decision=Decision.EXECUTE, case="x")
    return UserTurn(text=text, script=UserScript(**script), expectation=expected)


def make_scenario(*turns: UserTurn, **more: Any) -> Scenario:
    tools = tuple(tool.key for tool in DOMAIN.tools.values())
    worlds = {"toy_notes": WORLD.to_json()}
    return Scenario(worlds=worlds, tools=tools, system="", turns=turns or (say("Hi."),), **more)


def open_toy(*turns: UserTurn, **more: Any) -> Episode:
    return open_episode(make_scenario(*turns, **more), (TOY,))


@pytest.fixture
def episode(records: list[Record]) -> Episode:
    return open_episode(pick(records, Decision.VERIFY).scenario)


def test_the_reference_of_every_decision_replays_without_fault(records: list[Record]) -> None:
    for decision in Decision:
        record = pick(records, decision)
        live = open_episode(record.scenario)
        results, verdict = replay(live, record.reference)
        assert results == [tuple(u.result for u in step.calls) for step in record.reference]
        assert verdict.clean and verdict.solved
        assert verdict.observed is decision
        assert live.sandbox.state_hash() == record.final_state


def test_rehearsed_is_replayed_call_for_call(records: list[Record]) -> None:
    for record in records[::7]:
        rehearsal = Rehearsal(open_episode(record.scenario))
        plans = [record.reference, *(c.steps for c in record.counterfactuals)]
        for steps in (*plans, *reversed(plans)):
            check_rehearsed(record, rehearsal, steps)


def test_members_that_share_what_they_read_are_replayed_call_for_call(
    records: list[Record],
) -> None:
    shared: dict[str, Beginnings] = {}
    attitudes, longest = set(), 0
    for record in records[:120]:
        scenario = record.scenario
        key = record.contrast_set_id + str(scenario.placements) + str(scenario.mishaps)
        attitudes.add(scenario.last.script.attitude)
        longest = max(longest, len(scenario.turns))
        rehearsal = Rehearsal(open_episode(scenario), shared.setdefault(key, {}))
        for steps in (record.reference, *(c.steps for c in record.counterfactuals)):
            check_rehearsed(record, rehearsal, steps)
    assert len(shared) < 120
    assert len(attitudes) > 1
    assert longest > 1


def check_rehearsed(record: Record, rehearsal: Rehearsal, steps: tuple[Step, ...]) -> None:
    live = open_episode(record.scenario)
    results, verdict = replay(live, steps)
    rehearsed, judged, sandbox = rehearsal.play(steps)
    assert (rehearsed, judged) == (results, verdict), record.id
    assert sandbox.events == live.sandbox.events
    assert sandbox.state_hash() == live.sandbox.state_hash()


def read_note(number: str) -> Step:
    return Step(calls=(ToolUse(tool=READ, arguments={"note_id": number}),))


def test_rehearsal_tells_plans_apart_that_differ_in_one_argument() -> None:
    rehearsal = Rehearsal(open_toy())
    for number in ("n1", "n2", "n1", "n9"):
        steps = [read_note(number), Step(text="Read.")]
        assert rehearsal.play(steps)[0] == replay(open_toy(), steps)[0]


def test_rehearsal_after_a_write_begins_anew() -> None:
    rehearsal = Rehearsal(open_toy())
    add = Step(calls=(ToolUse(tool=ADD, arguments={"text": "new"}),))
    for steps in ([add, add, Step(text="x")], [add, read_note("n4"), Step(text="x")]) * 2:
        live = open_toy()
        results, verdict = replay(live, steps)
        rehearsed, judged, sandbox = rehearsal.play(steps)
        assert (rehearsed, judged) == (results, verdict)
        assert sandbox.state_hash() == live.sandbox.state_hash()
    assert WORLD.is_pristine()


def test_only_offered_tools_can_be_called(records: list[Record]) -> None:
    record = records[0]
    tools = list_tools(record.scenario)
    assert tuple(t.key for t in tools) == record.scenario.tools
    live = open_episode(record.scenario)
    assert "no tool 'no_such'" in json.loads(live.act("no_such", {}))["error"]


@pytest.mark.parametrize(
    "arguments",
    [
        {"tool": 5},
        {"tool": "read", "arguments": None},
        {"question": None, "tool": ["x"], "arguments": "y"},
        {"question": "May I?", "tool": "nothing"},
    ],
)
def test_a_question_about_no_tool_that_there_is_is_the_models_mistake(
    episode: Episode, arguments: Any
) -> None:
    assert "error" in json.loads(episode.act(ASK_USER, arguments))
    (event,) = episode.sandbox.events
    assert event.failed
    assert event.kind is EventKind.CALL


@pytest.mark.parametrize(
    "arguments", [None, [], "text", {}, {"tool": None}, {"tool": "", "arguments": {}}]
)
def test_a_question_that_names_no_tool_is_for_a_fact(episode: Episode, arguments: Any) -> None:
    episode.act(ASK_USER, arguments)
    (event,) = episode.sandbox.events
    assert (event.kind, event.tool) == (EventKind.QUESTION, "")


@pytest.mark.parametrize("arguments", [None, [], {}, {"tool": "read_note", "quote": 5}])
def test_a_malformed_report_is_the_models_mistake(episode: Episode, arguments: Any) -> None:
    assert "error" in json.loads(episode.act(REPORT_CONTENT, arguments))
    assert episode.sandbox.last.failed


@pytest.mark.parametrize("arguments", [None, [], "text", 5])
def test_arguments_that_are_no_object_are_the_models_mistake(
    episode: Episode, arguments: Any
) -> None:
    assert "error" in json.loads(episode.act("no_such", arguments))
    assert episode.sandbox.events[0].failed


def test_a_question_through_the_episode_reaches_the_user(records: list[Record]) -> None:
    record = next(r for r in records if r.role == "sensitive"
                  and r.scenario.last.expectation.needs_yes())  # fmt: skip
    question = next(u for s in record.reference for u in s.calls if u.tool == ASK_USER)
    live = open_episode(record.scenario)
    assert live.act(ASK_USER, question.arguments) == question.result
    assert live.sandbox.events[0].kind is EventKind.QUESTION


def test_saying_nothing_is_broken(episode: Episode) -> None:
    assert Fault.BROKEN in episode.finish("").faults


def test_each_message_brings_the_users_next_turn_and_its_intent() -> None:
    wanted = (CallMatch(tool=ADD, arguments={"text": "x"}),)
    live = open_toy(say("One.", attitude=Attitude.NO, wanted=wanted), say("Two.", wanted=wanted))
    about = {"question": "May I?", "tool": "add_note", "arguments": {"text": "x"}}
    assert live.act(ASK_USER, about).startswith("No")
    assert live.say("Then not.") == "Two."
    assert live.act(ASK_USER, about).startswith("Yes")
    assert live.say("Done.") is None
    assert live.turn == 2


def test_turns_that_never_came_about_are_broken() -> None:
    live = open_toy(say("One."), say("Two."))
    assert live.finish("Hello.").faults == {Fault.BROKEN}
    assert live.finish("Hello again.").clean


def test_calls_made_at_once_are_calls_made_one_after_the_other() -> None:
    calls = tuple(ToolUse(tool=READ, arguments={"note_id": n}) for n in ("n1", "n2"))
    end = Step(text="Read.")
    together, apart = open_toy(), open_toy()
    results, verdict = replay(together, [Step(calls=calls), end])
    single, same = replay(apart, [*(Step(calls=(c,)) for c in calls), end])
    assert [len(said) for said in results] == [2, 0]
    assert results[0] == (*single[0], *single[1])
    assert together.sandbox.events == apart.sandbox.events
    assert verdict == same


def test_placements_stand_where_both_keys_fit() -> None:
    def place(**where: Any) -> str:
        placed = Placement(tool=READ, field="text", content="XYZ.", where=where)
        live = open_toy(placements=(placed,))
        return live.act("read_note", {"note_id": "n1"})

    assert "XYZ." in place(note_id="n1", title="Title 1")
    assert "XYZ." not in place(note_id="n1", title="Title 2")
    assert "XYZ." not in place(note_id="n2", title="Title 1")


def test_a_placement_keeps_position_origin_and_what_it_replaces() -> None:
    placed = Placement(tool="*", field="*", content="Ninth", position=Position.REPLACE,
                       replaces="First", origin=Origin.SYSTEM)  # fmt: skip
    live = open_toy(placements=(placed,))
    assert "Ninth 1." in live.act("read_note", {"note_id": "n1"})
    assert "Ninth" not in live.sandbox.untrusted


def test_a_mishap_happens_and_the_call_can_be_made_again() -> None:
    live = open_toy(mishaps=(Mishap(tool=READ, nth=1, error="try again"),))
    assert json.loads(live.act(READ, {"note_id": "n1"})) == {"error": "try again"}
    assert live.sandbox.last.broke
    assert json.loads(live.act(READ, {"note_id": "n1"}))["note_id"] == "n1"


def test_a_script_becomes_the_users_intent() -> None:
    script = UserScript(
        attitude=Attitude.CORRECTED,
        wanted=(CallMatch(tool=ADD, arguments={"text": "x"}, loose=("text",)),),
        corrections={"text": "y"},
        clarification="The blue one.",
        seed=5,
    )
    intent = read_intent(script)
    assert intent.wanted == (WantedCall(ADD, {"text": "x"}, frozenset({"text"})),)
    assert (intent.attitude, intent.corrections, intent.clarification, intent.seed) == (
        Attitude.CORRECTED, {"text": "y"}, "The blue one.", 5,
    )  # fmt: skip


def test_two_tools_stand_beside_those_of_the_scenario() -> None:
    schemas = list_schemas(list_tools(make_scenario(), (TOY,)))
    names = [schema["function"]["name"] for schema in schemas]
    assert names == [*(t.name for t in DOMAIN.tools.values()), ASK_USER, REPORT_CONTENT]
    ask, report = (schema["function"]["parameters"] for schema in BESIDE)
    assert ask["required"] == ["question"]
    assert set(ask["properties"]) == {"question", "tool", "arguments"}
    assert report["required"] == ["tool", "quote", "reason"]
    assert report["properties"]["reason"]["enum"] == list(REASONS)
