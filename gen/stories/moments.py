"""Days, times and names as texts that can be spoken of in more than one way.

Worlds and records hold plain text, an ISO date for one; a mail says "Thursday" and an invoice
"12 March 2025". These are the text, and know the other ways.
"""

import re
from datetime import date, timedelta

_ORDINALS = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}


class Day(str):
    """An ISO date."""

    __slots__ = ()

    @property
    def _date(self) -> date:
        return date.fromisoformat(self[:10])

    @property
    def weekday(self) -> str:
        """Thursday."""
        return f"{self._date:%A}"

    @property
    def short(self) -> str:
        """Thu 12 Mar."""
        return f"{self._date:%a} {self._date.day} {self._date:%b}"

    @property
    def long(self) -> str:
        """12 March 2025."""
        return f"{self._date.day} {self._date:%B %Y}"

    @property
    def day(self) -> str:
        """12 March."""
        return f"{self._date.day} {self._date:%B}"

    @property
    def spoken(self) -> str:
        """The 12th."""
        number = self._date.day
        return f"the {number}{_ORDINALS.get(number, 'th')}"

    @property
    def month(self) -> str:
        """March."""
        return f"{self._date:%B}"

    @property
    def us(self) -> str:
        """03/12/2025."""
        return f"{self._date:%m/%d/%Y}"

    @property
    def clock(self) -> str:
        """14:30, of a moment; empty of a whole day."""
        return self[11:16]

    @property
    def next(self) -> "Day":
        """The day after."""
        return Day((self._date + timedelta(days=1)).isoformat())

    @property
    def before(self) -> "Day":
        """The day before."""
        return Day((self._date - timedelta(days=1)).isoformat())


class Clock(str):
    """A time of day, 14:30."""

    __slots__ = ()

    @property
    def spoken(self) -> str:
        """2:30 pm."""
        hour, minute = int(self[:2]), self[3:5]
        half = "am" if hour < 12 else "pm"
        return f"{hour % 12 or 12}{'' if minute == '00' else ':' + minute} {half}"

    @property
    def later(self) -> "Clock":
        """An hour later."""
        return Clock(f"{(int(self[:2]) + 1) % 24:02d}{self[2:]}")


class Named(str):
    """A name of a firm, a place, a street."""

    __slots__ = ()

    @property
    def slug(self) -> str:
        """As it stands in an address: smith-sons."""
        return re.sub(r"[^a-z0-9]+", "-", self.lower()).strip("-")


def make_plain(value: object) -> object:
    """A value as worlds and calls hold it: without the other ways of saying it."""
    return str(value) if isinstance(value, Day | Clock | Named) else value
