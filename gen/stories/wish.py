"""Wishes: the form that a request wants its answer in ("one line", "start with Sure thing").

They stand beside the requests of a task or a strategy. An answer to a request that may be served
has the form; a refusal need not.
"""

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

WishForm = Literal[
    "brief", "line", "lines", "json", "fields", "bullets", "row", "telegram", "board"
]


class Wish(BaseModel):
    """How an answer is wanted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    says: str = Field(min_length=4)
    """Words of the request that make it one with this wish."""
    form: WishForm = "brief"
    starts: str = ""
    """What the answer begins with."""
    ends: str = ""
    """What it ends with."""


def find_lost(wishes: Sequence[Wish], requests: Sequence[str]) -> int | None:
    """The place of a wish that no request has; `None` when each is some request's."""
    for place, wish in enumerate(wishes):
        if not any(wish.says in text for text in requests):
            return place
    return None
