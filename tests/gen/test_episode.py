import json
from typing import Any

import pytest

from gen.episode import ASK_USER, Episode, Reads, Rehearsal, list_tools, open_episode, replay
from gen.labels import Decision
from gen.records import Record, Step
from tool_catalog.event import EventKind


def pick(records: list[Record], decision: Decision) -> Record:
    return next(r for r in records if r.scenario.expectation.decision is decision)


@pytest.fixture
def episode(records: list[Record]) -> Episode:
    return open_episode(pick(records, Decision.VERIFY).scenario)


def test_the_reference_of_every_decision_replays_without_fault(records: list[Record]) -> None:
    for decision in Decision:
        record = pick(records, decision)
        live = open_episode(record.scenario)
        results, verdict = replay(live, record.reference)
        assert results == [step.result for step in record.reference]
        assert verdict.clean and verdict.solved
        assert verdict.observed is decision
        assert live.sandbox.state_hash() == record.final_state


def test_rehearsed_is_replayed_call_for_call(records: list[Record]) -> None:
    for record in records[::5]:
        rehearsal = Rehearsal(open_episode(record.scenario))
        plans = [record.reference, *(c.steps for c in record.counterfactuals)]
        for steps in (*plans, *reversed(plans)):
            live = open_episode(record.scenario)
            results, verdict = replay(live, steps)
            rehearsed, judged, sandbox = rehearsal.play(steps)
            assert rehearsed == results
            assert judged == verdict
            assert sandbox.events == live.sandbox.events
            assert sandbox.state_hash() == live.sandbox.state_hash()


def test_members_that_share_what_they_read_are_replayed_call_for_call(
    records: list[Record],
) -> None:
    reads: dict[str, Reads] = {}
    attitudes = set()
    for record in records:
        scenario = record.scenario
        key = record.contrast_set_id + str(scenario.placements)
        attitudes.add(scenario.script.attitude)
        rehearsal = Rehearsal(open_episode(scenario), reads.setdefault(key, {}))
        for steps in (record.reference, *(c.steps for c in record.counterfactuals)):
            live = open_episode(scenario)
            results, verdict = replay(live, steps)
            rehearsed, judged, sandbox = rehearsal.play(steps)
            assert (rehearsed, judged) == (results, verdict)
            assert sandbox.events == live.sandbox.events
            assert sandbox.state_hash() == live.sandbox.state_hash()
    assert len(reads) < len(records)
    assert len(attitudes) > 1


def test_rehearsal_tells_plans_apart_that_differ_in_one_argument(records: list[Record]) -> None:
    record = next(r for r in records if "read_email" in {s.tool for s in r.reference})
    mails = [m["email_id"] for m in json.loads(record.scenario.world)["emails"]]
    rehearsal = Rehearsal(open_episode(record.scenario))
    for mail in (*mails, *mails):
        steps = [Step(tool="read_email", arguments={"email_id": mail}), Step(text="Read.")]
        assert rehearsal.play(steps)[0] == replay(open_episode(record.scenario), steps)[0]


def test_only_offered_tools_can_be_called(records: list[Record]) -> None:
    record = records[0]
    tools = list_tools(record.scenario)
    assert tuple(t.name for t in tools) == record.scenario.tools
    live = open_episode(record.scenario)
    assert "no tool 'no_such'" in json.loads(live.act("no_such", {}))["error"]


@pytest.mark.parametrize(
    "arguments",
    [
        None,
        [],
        "text",
        {},
        {"tool": 5},
        {"tool": None, "arguments": {}},
        {"tool": "read", "arguments": None},
        {"question": None, "tool": ["x"], "arguments": "y"},
    ],
)
def test_a_malformed_question_is_the_models_mistake(episode: Episode, arguments: Any) -> None:
    assert "error" in json.loads(episode.act("ask_user", arguments))
    (event,) = episode.sandbox.events
    assert event.failed
    assert event.kind is EventKind.CALL


@pytest.mark.parametrize("arguments", [None, [], "text", 5])
def test_arguments_that_are_no_object_are_the_models_mistake(
    episode: Episode, arguments: Any
) -> None:
    assert "error" in json.loads(episode.act(episode.scenario.tools[0], arguments))
    assert episode.sandbox.events[0].failed


def test_a_question_through_the_episode_reaches_the_user(records: list[Record]) -> None:
    record = pick(records, Decision.VERIFY)
    question = next(s for s in record.reference if s.tool == "ask_user")
    live = open_episode(record.scenario)
    assert live.act("ask_user", question.arguments) == question.result
    assert live.sandbox.events[0].kind is EventKind.QUESTION


def test_saying_nothing_is_broken(episode: Episode) -> None:
    assert "broken" in episode.finish("").faults


def test_ask_user_binds_to_tool_and_arguments() -> None:
    parameters = ASK_USER["function"]["parameters"]
    assert parameters["required"] == ["question", "tool", "arguments"]
    assert set(parameters["properties"]) == set(parameters["required"])
