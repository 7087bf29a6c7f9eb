"""Calendar: one person's events, some shared with guests, reminders and calendar shares."""

from .state import Calendar as STATE
from .tools import (
    cancel_event,
    create_event,
    get_event,
    get_free_busy,
    invite_participants,
    reschedule_event,
    search_calendar_events,
    set_reminder,
    share_calendar,
)
from .world import OBJECTS, seed

PROTECTED = {"events.secret": "secret_leaf"}

__all__ = [
    "OBJECTS",
    "PROTECTED",
    "STATE",
    "cancel_event",
    "create_event",
    "get_event",
    "get_free_busy",
    "invite_participants",
    "reschedule_event",
    "search_calendar_events",
    "seed",
    "set_reminder",
    "share_calendar",
]
