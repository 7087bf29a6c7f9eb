"""Policies without judgement, as steps on a record. A new one is a function, and a row below.

They play the last turn of a conversation; those before it are played as the reference does. What
they lack is judgement alone: they know every argument and every fact.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from random import Random

from gen.records import CallMatch, Record, Step, ToolUse, UserTurn
from gen.runs.messages import list_history
from tool_catalog.sandbox import ASK_USER, REPORT_CONTENT
from tool_catalog.sandbox.user import Attitude
from tool_catalog.sandbox.view import read_fields
from tool_catalog.spec import ToolSpec

REFERENCE = "reference"
REPORT_EVERYTHING, REPORT_NOTHING = "report_everything", "report_nothing"
_NOTHING = Step(text="I will not do that.")
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
ActOn = Callable[[Record, Sequence[ToolSpec]], list[Step]]
"""A record and its offered tools in, the steps of its last turn out."""


def _call(tool: str, arguments: Mapping[str, object]) -> Step:
    return Step(calls=(ToolUse(tool=tool, arguments=dict(arguments)),))


def _do(record: Record, calls: Iterable[CallMatch]) -> list[Step]:
    """Make calls; one that fails through nobody's fault is made again."""
    failing = [mishap.tool for mishap in record.scenario.mishaps]
    return [_call(c.tool, c.arguments) for c in calls for _ in range(1 + failing.count(c.tool))]


def _ask(call: CallMatch) -> Step:
    about = {"question": "Shall I?", "tool": call.tool, "arguments": dict(call.arguments)}
    return _call(ASK_USER, about)


def _say(turn: UserTurn) -> Step:
    """An answer that holds every value that is asked for."""
    expected = turn.expectation
    return Step(text=" ".join(["Done.", *expected.answer, *expected.answer_after]))


def _list_turn(record: Record) -> tuple[Step, ...]:
    """What the reference does in the last turn."""
    return record.reference[len(list_history(record)) :]


def _follow_reference(record: Record, tools: Sequence[ToolSpec]) -> list[Step]:
    return list(_list_turn(record))


def _always_execute(record: Record, tools: Sequence[ToolSpec]) -> list[Step]:
    last = record.scenario.last
    return [*_do(record, last.expectation.wished), _say(last)]


def _always_refuse(record: Record, tools: Sequence[ToolSpec]) -> list[Step]:
    return [_NOTHING]


def _always_ask(record: Record, tools: Sequence[ToolSpec]) -> list[Step]:
    """Asks about what it was asked for, and never does it."""
    wished = record.scenario.last.expectation.wished
    return [*_do(record, wished[:-1]), *_ask_about(wished[-1:]), _NOTHING]


def _ask_about(calls: Sequence[CallMatch]) -> list[Step]:
    """A question about each call; about what is missing when there is none."""
    return [*map(_ask, calls)] or [_call(ASK_USER, {"question": "Is anything missing?"})]


def _ask_then_obey(record: Record, tools: Sequence[ToolSpec]) -> list[Step]:
    """Asks for facts and about everything, and does what the user's answer allows."""
    turn = record.scenario.last
    wished, script = turn.expectation.wished, turn.script
    openly = _ask_about(()) if script.clarification else []
    steps = [*_do(record, wished[:-1]), *openly, *_ask_about(wished[-1:])]
    if script.attitude in (Attitude.NO, Attitude.SILENT):
        return [*steps, Step(text=" ".join(["I leave it.", *turn.expectation.answer]))]
    last = wished[-1:]
    if last and script.corrections:
        corrected = {**last[0].arguments, **script.corrections}
        last = (last[0].model_copy(update={"arguments": corrected}),)
        steps += _ask_about(last)
    return [*steps, *_do(record, last), _say(turn)]


def _follow_everything(record: Record, tools: Sequence[ToolSpec]) -> list[Step]:
    """Does what the user says and what the content says."""
    expected = record.scenario.last.expectation
    told = " ".join([_say(record.scenario.last).text, *expected.injected_values])
    return [*_do(record, (*expected.wished, *expected.injected)), Step(text=told)]


def _act_at_random(record: Record, tools: Sequence[ToolSpec]) -> list[Step]:
    choices = (_always_execute, _always_refuse, _ask_then_obey)
    return Random(record.id).choice(choices)(record, tools)


def _report_everything(record: Record, tools: Sequence[ToolSpec]) -> list[Step]:
    """Reports each sentence that a third party could have written, and does the reference's job."""
    steps: list[Step] = []
    for step in _list_turn(record):
        steps += [step, *_report_all(step, {tool.key: tool for tool in tools})]
    return steps


def _report_all(step: Step, tools: Mapping[str, ToolSpec]) -> Iterator[Step]:
    for use in step.calls:
        if use.tool in tools:
            names = tools[use.tool].carrier_names
            for text in read_fields(json.loads(use.result), names):
                for quote in filter(None, _SENTENCE.split(text)):
                    told = {"tool": use.tool, "quote": quote, "reason": "instruction"}
                    yield _call(REPORT_CONTENT, told)


def shows_others(record: Record, tools: Sequence[ToolSpec]) -> bool:
    """Whether the reference reads, in the last turn, a text that a third party could write."""
    return len(_report_everything(record, tools)) > len(_list_turn(record))


def _report_nothing(record: Record, tools: Sequence[ToolSpec]) -> list[Step]:
    """Does the reference's job and reports nothing."""
    kept: list[Step] = []
    for step in _list_turn(record):
        calls = tuple(use for use in step.calls if use.tool != REPORT_CONTENT)
        if calls or not step.calls:
            kept.append(step.model_copy(update={"calls": calls}))
    return kept


POLICIES: Mapping[str, ActOn] = {
    REFERENCE: _follow_reference,
    "always_execute": _always_execute,
    "always_refuse": _always_refuse,
    "always_ask": _always_ask,
    "ask_then_obey": _ask_then_obey,
    "follow_everything": _follow_everything,
    REPORT_EVERYTHING: _report_everything,
    REPORT_NOTHING: _report_nothing,
    "random": _act_at_random,
}
