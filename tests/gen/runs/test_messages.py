"""Recorded steps as chat messages: turns, calls made at once, and the names that are shown."""

import json
from typing import Any

import pytest

from gen.episode import list_schemas, list_tools
from gen.records import Expectation, Record, Scenario, Step, ToolUse, UserTurn
from gen.runs.messages import list_history, write_step, write_turns
from gen.taxonomy.labels import Decision
from tool_catalog.sandbox import show_names

READ = ToolUse(tool="email.read_email", arguments={"email_id": "m1"}, result='{"body": "hi"}')
LIST = ToolUse(tool="calendar.list_events", result='{"results": []}')
NAMES = {"email.read_email": "read_email", "calendar.list_events": "calendar__list_events"}


def say(text: str) -> Step:
    return Step(text=text)


def make_record(some: Record, turns: tuple[str, ...], *steps: Step) -> Record:
    """A record of these turns; only what messages are written from is its own."""
    expectation = Expectation(decision=Decision.EXECUTE, case="x")
    scenario = Scenario(
        worlds={"email": "{}"},
        tools=("email.read_email",),
        system="Be kind.",
        turns=tuple(UserTurn(text=text, expectation=expectation) for text in turns),
    )
    return some.model_copy(update={"scenario": scenario, "reference": steps})


def outline(messages: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(message["role"], message["content"]) for message in messages]


def test_turns_follow_each_other_and_each_has_its_bounds(records: list[Record]) -> None:
    record = make_record(records[0], ("One?", "Two?"), Step(calls=(READ,)), say("1."), say("2."))
    messages, bounds = write_turns(record, NAMES)
    assert outline(messages) == [
        ("system", "Be kind."), ("user", "One?"), ("assistant", ""), ("tool", READ.result),
        ("assistant", "1."), ("user", "Two?"), ("assistant", "2."),
    ]  # fmt: skip
    assert bounds == [2, 5, 6, 7]


def test_a_conversation_that_breaks_off_has_all_that_was_asked(records: list[Record]) -> None:
    """No answer is made up for a turn that never came about."""
    record = make_record(records[0], ("One?", "Two?"), Step(calls=(READ,)))
    messages, bounds = write_turns(record, NAMES)
    assert [role for role, _ in outline(messages)][-1] == "user"
    assert bounds == [2, 4, 5, 5]


@pytest.mark.parametrize(
    ("turns", "steps", "before"),
    [
        (("One?",), (Step(calls=(READ,)), say("1.")), 0),
        (("One?", "Two?"), (Step(calls=(READ,)), say("1."), say("2.")), 2),
        (("One?", "Two?", "3?"), (say("1."), say("2."), Step(calls=(READ,)), say("3.")), 2),
    ],
)
def test_history_is_what_was_done_before_the_last_turn(
    records: list[Record], turns: tuple[str, ...], steps: tuple[Step, ...], before: int
) -> None:
    assert list_history(make_record(records[0], turns, *steps)) == steps[:before]


def test_calls_made_at_once_are_one_message_and_a_result_each() -> None:
    asked, first, second = write_step(Step(thought=" both ", calls=(READ, LIST)), NAMES)
    assert asked["content"] == "<think>\nboth\n</think>\n\n"
    calls = [json.loads(call) for call in asked["tool_calls"]]
    assert calls == [
        {"type": "function", "function": {"name": "read_email", "arguments": READ.arguments}},
        {"type": "function", "function": {"name": "calendar__list_events", "arguments": {}}},
    ]
    assert (first["name"], first["content"]) == ("read_email", READ.result)
    assert (second["name"], second["content"]) == ("calendar__list_events", LIST.result)


def test_last_words_have_no_calls_and_no_empty_thought() -> None:
    assert write_step(say("Done."), NAMES) == [
        {"role": "assistant", "content": "Done.", "name": None, "tool_calls": None}
    ]


def test_what_stands_beside_the_tools_keeps_its_name() -> None:
    ask = ToolUse(tool="ask_user", arguments={"question": "Which?"}, result="The first.")
    asked, answered = write_step(Step(calls=(ask,)), NAMES)
    assert json.loads(asked["tool_calls"][0])["function"]["name"] == "ask_user"
    assert (answered["name"], answered["content"]) == ("ask_user", "The first.")


def test_names_in_messages_are_those_of_the_schemas(records: list[Record]) -> None:
    at_once = 0
    for record in records:
        tools = list_tools(record.scenario)
        offered = {schema["function"]["name"] for schema in list_schemas(tools)}
        messages, bounds = write_turns(record, show_names(tools))
        assert bounds[-1] == len(messages)
        for message in messages:
            called = [json.loads(call)["function"]["name"] for call in message["tool_calls"] or ()]
            assert {*called, message["name"] or "ask_user"} <= offered
            at_once += len(called) > 1
    assert at_once


def test_tools_that_share_a_name_are_told_apart(records: list[Record]) -> None:
    spec = list_tools(records[0].scenario)[0]
    other = spec.model_copy(update={"domain": "elsewhere"})
    names = show_names([spec, other])
    assert names == {spec.key: f"{spec.domain}__{spec.name}", other.key: f"elsewhere__{spec.name}"}
    asked, result = write_step(Step(calls=(ToolUse(tool=other.key, result="{}"),)), names)
    assert json.loads(asked["tool_calls"][0])["function"]["name"] == names[other.key]
    assert result["name"] == names[other.key]
