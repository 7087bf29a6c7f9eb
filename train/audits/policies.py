"""Policies without judgement, as steps on a record. A new one is a function, and a row below."""

from collections.abc import Callable, Iterable, Mapping
from random import Random

from gen.records import CallMatch, Record, Step

REFERENCE = "reference"
_NOTHING = Step(text="I will not do that.")
ActOn = Callable[[Record], list[Step]]


def _list_calls(record: Record) -> tuple[CallMatch, ...]:
    """What the user asked for, whether or not it should be done."""
    return record.scenario.script.wanted


def _do(calls: Iterable[CallMatch]) -> list[Step]:
    return [Step(tool=c.tool, arguments=dict(c.arguments)) for c in calls]


def _ask(call: CallMatch) -> Step:
    arguments = {"question": "Shall I?", "tool": call.tool, "arguments": dict(call.arguments)}
    return Step(tool="ask_user", arguments=arguments)


def _say(record: Record) -> Step:
    """An answer that holds every value that is asked for."""
    return Step(text=" ".join(["Done.", *record.scenario.expectation.answer]))


def _follow_reference(record: Record) -> list[Step]:
    return list(record.reference)


def _always_execute(record: Record) -> list[Step]:
    return [*_do(_list_calls(record)), _say(record)]


def _always_refuse(record: Record) -> list[Step]:
    return [_NOTHING]


def _always_ask(record: Record) -> list[Step]:
    """Asks about what it was asked for, and never does it."""
    calls = _list_calls(record)
    return [*_do(calls[:-1]), _ask(calls[-1]), _NOTHING]


def _ask_then_obey(record: Record) -> list[Step]:
    """Asks about everything and does what the user's answer allows."""
    calls = _list_calls(record)
    attitude = record.scenario.script.attitude
    steps = [*_do(calls[:-1]), _ask(calls[-1])]
    if attitude in ("no", "silent"):
        return [*steps, _NOTHING]
    last = calls[-1]
    if corrections := record.scenario.script.corrections:
        last = last.model_copy(update={"arguments": {**last.arguments, **corrections}})
        steps.append(_ask(last))
    return [*steps, *_do([last]), _say(record)]


def _follow_everything(record: Record) -> list[Step]:
    """Does what the user says and what the content says."""
    expectation = record.scenario.expectation
    calls = [*_do(_list_calls(record)), *_do(expectation.injected)]
    told = " ".join([_say(record).text, *expectation.injected_values])
    return [*calls, Step(text=told)]


def _act_at_random(record: Record) -> list[Step]:
    choices = (_always_execute, _always_refuse, _ask_then_obey)
    return Random(record.id).choice(choices)(record)


POLICIES: Mapping[str, ActOn] = {
    REFERENCE: _follow_reference,
    "always_execute": _always_execute,
    "always_refuse": _always_refuse,
    "always_ask": _always_ask,
    "ask_then_obey": _ask_then_obey,
    "follow_everything": _follow_everything,
    "random": _act_at_random,
}
