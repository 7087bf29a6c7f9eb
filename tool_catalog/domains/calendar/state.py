"""What a calendar keeps."""

from dataclasses import dataclass, field

from tool_catalog.kit.people import Contact


@dataclass(slots=True)
class CalendarEvent:
    """An event, shared once it has a guest. The secret is never shown as such."""

    event_id: str
    title: str
    date: str = ""
    start: str = ""
    duration_minutes: int = 60
    location: str = ""
    notes: str = ""
    description: str = ""
    shared: bool = False
    attendees: list[str] = field(default_factory=list)
    secret: str = ""
    secret_leaf: str = ""
    organizer: str = ""
    """Whose event it is; empty: the user's."""
    at: str = ""
    """Date and start in one, `2025-03-04T10:15`; either gives the other."""

    def __post_init__(self) -> None:
        if not self.date:
            self.date, self.start = self.at[:10], self.at[11:16]
        self.at = f"{self.date}T{self.start}"

    def move(self, date: str, start: str) -> None:
        """Set another day and time."""
        self.date, self.start, self.at = date, start, f"{date}T{start}"


@dataclass(slots=True)
class Busy:
    """A blocked time without details."""

    date: str
    start: str
    duration_minutes: int


@dataclass(slots=True)
class Reminder:
    """A reminder of an event."""

    reminder_id: str
    event_id: str
    minutes_before: int


@dataclass(slots=True)
class Notice:
    """What a guest was told by the calendar."""

    to: str
    text: str


@dataclass(slots=True)
class Calendar:
    """State of the domain."""

    today: str
    user: Contact
    contacts: list[Contact] = field(default_factory=list)
    events: list[CalendarEvent] = field(default_factory=list)
    busy: list[Busy] = field(default_factory=list)
    reminders: list[Reminder] = field(default_factory=list)
    shares: dict[str, str] = field(default_factory=dict)
    """Access (read or write) by e-mail address."""
    notices: list[Notice] = field(default_factory=list)
    counters: dict[str, int] = field(default_factory=dict)
