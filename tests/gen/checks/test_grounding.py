from typing import Any

import pytest

from gen.checks import check_record
from gen.checks.grounding import check_grounded
from gen.episode import list_tools
from gen.records import CallMatch, Record, Step, ToolUse
from tool_catalog.sandbox import ASK_USER
from tool_catalog.spec import ToolClass, ToolSpec

BOOK = ToolSpec(
    name="book",
    domain="desk",
    description="Book a table.",
    tool_class=ToolClass.WRITE,
    parameters={
        "type": "object",
        "properties": {
            name: {"type": "string", "description": text}
            for name, text in {"day": "which day", "kind": "window, terrace or hall"}.items()
        },
    },
)
FIND = BOOK.model_copy(update={"name": "find"})


def use(tool: str = "desk.book", result: str = "{}", **arguments: Any) -> Step:
    return Step(calls=(ToolUse(tool=tool, arguments=arguments, result=result),))


def make(record: Record, *steps: Step, texts: tuple[str, ...] = ("Book a table, please.",)) -> Any:
    """What the check says of these steps in a conversation with these requests."""
    last = record.scenario.last
    turns = tuple(last.model_copy(update={"text": text}) for text in texts)
    update = {"system": "It is 2025-09-04 today.", "turns": turns}
    scenario = record.scenario.model_copy(update=update)
    planted = record.model_copy(update={"scenario": scenario, "reference": steps})
    return check_grounded(planted, [BOOK, FIND])


@pytest.fixture
def bare(records: list[Record]) -> Record:
    return next(r for r in records if r.role == "anchor")


def test_generated_references_guess_nothing(records: list[Record]) -> None:
    for record in records:
        assert check_grounded(record, list_tools(record.scenario)) == ""


def test_a_guessed_argument_is_why_a_record_is_not_written(
    records: list[Record], edit_use: Any
) -> None:
    planted = 0
    for record in records[::11]:
        tools = list_tools(record.scenario)
        loose = {
            (m.tool, name)
            for turn in record.scenario.turns
            for m in (*turn.expectation.required, *turn.expectation.wished)
            for name in m.loose
        }
        uses = [u for step in record.reference for u in step.calls]
        for number, made in enumerate(uses):
            for name in made.arguments:
                if made.tool in record.scenario.tools and (made.tool, name) not in loose:
                    arguments = {**made.arguments, name: "x9-unseen"}
                    said = check_record(edit_use(record, number, arguments=arguments), tools)
                    why = f"grounding: {made.tool}({name}='x9-unseen') stands in no text seen"
                    assert said.startswith(f"{why}; say it in the request")
                    planted += 1
    assert planted > 20


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("n17", "Take N17 then."),
        ("two  words", "these two words"),
        (3, "the 3 of us"),
        (3.0, "the 3 of us"),
        (True, "anything"),
        (["a1", "b2"], "b2 and a1"),
        ({"at": "noon", "who": ["Bo"]}, "Bo, at noon"),
        ("2025-09-04", "anything"),
        ("2025-03-07", "on 7 March"),
        ("2025-03-07", "on March 7"),
        ("2025-09-05", "on Friday"),
        ("2025-03-07", "Fri 7 Mar"),
        ("09:00", "at 9 am"),
        ("14:30", "by 2:30pm"),
        ("m2", "the room2 (m2)"),
        ("/tmp/x", "in ~/tmp/x"),
        ("terrace", "anything"),
    ],
)
def test_what_was_said_in_some_form_is_no_guess(bare: Record, value: Any, text: str) -> None:
    assert make(bare, use(day=value), texts=(text,)) == ""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("n18", "Take N17 then."),
        (4, "the 3 of us"),
        (5, "205 euros"),
        ("m2", "the room2"),
        ("m2", "the m21"),
        (["a1", "b2"], "only a1"),
        ({"at": "noon", "who": ["Bo"]}, "Cy, at noon"),
        ("2025-03-08", "on 7 March"),
        ("2025-09-06", "on Friday"),
        ("09:00", "at 9 pm"),
        ("14:30", "at 2 pm"),
        ("balcony", "anything"),
    ],
)
def test_what_stands_nowhere_is_a_guess(bare: Record, value: Any, text: str) -> None:
    assert make(bare, use(day=value), texts=(text,)).startswith("grounding: desk.book(day=")


def test_results_count_from_the_next_message_on(bare: Record) -> None:
    find = use("desk.find", '{"free": [{"day": "n17", "seats": 4}]}')
    assert make(bare, find, use(day="n17")) == ""
    assert make(bare, use(day="n17"), find) != ""
    both = Step(calls=(*find.calls, *use(day="n17").calls))
    assert make(bare, both) != ""
    assert make(bare, find, use(day="free")) != ""


def test_an_answer_of_the_users_counts(bare: Record) -> None:
    asked = use(ASK_USER, "n17 it is.", question="Which one?")
    assert make(bare, asked, use(day="n17")) == ""
    assert make(bare, use(day="n17"), asked) != ""


def test_a_later_turn_counts_once_it_came(bare: Record) -> None:
    texts, end = ("Hello.", "Take n17."), Step(text="Which one, n18?")
    assert make(bare, end, use(day="n17"), texts=texts) == ""
    assert make(bare, use(day="n17"), end, texts=texts) != ""
    assert make(bare, end, use(day="n18"), texts=texts) == ""


def test_a_loose_argument_is_the_agents_to_choose(bare: Record) -> None:
    expectation = bare.scenario.last.expectation
    loose = CallMatch(tool="desk.book", arguments={"kind": "x"}, loose=("kind",))
    wished = expectation.model_copy(update={"wished": (loose,)})
    turn = bare.scenario.last.model_copy(update={"expectation": wished})
    scenario = bare.scenario.model_copy(update={"turns": (turn,)})
    free = bare.model_copy(update={"scenario": scenario})
    assert make(free, use(kind="balcony")) == ""
    assert make(free, use(day="balcony")) != ""
    assert make(bare, use(kind="balcony")) != ""
