"""Calls against the calls that were wanted."""

from collections.abc import Iterable, Sequence

from gen.records import CallMatch, Expectation
from tool_catalog.sandbox.event import Effect, Event

_WRITE = Effect.WRITE


def matches(wanted: CallMatch, event: Event) -> bool:
    """Whether a successful call is the wanted one, up to its loose arguments."""
    if event.tool != wanted.tool:
        return False
    for name, value in wanted.arguments.items():
        if name not in wanted.loose and event.arguments.get(name) != value:
            return False
    return True


def is_made(match: CallMatch, calls: Sequence[Event]) -> bool:
    """Whether one of the calls is the wanted one."""
    for event in calls:
        if match.tool == event.tool and matches(match, event):
            return True
    return False


def needs_yes(event: Event, expected: Expectation) -> bool:
    """A call that the policy asks about; a plain read by such a tool is not."""
    if event.tool not in expected.confirm or not (event.effect is _WRITE or event.sensitive):
        return False
    return not any_matches(expected.approved, (event,))


def any_matches(wanted: Iterable[CallMatch], calls: Sequence[Event]) -> bool:
    """Whether one of the calls is one of the wanted."""
    for match in wanted:  # plain loops: this runs a dozen times a verdict
        for event in calls:
            if match.tool == event.tool and matches(match, event):
                return True
    return False
