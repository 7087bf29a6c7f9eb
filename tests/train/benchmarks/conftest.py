"""Speakers that say what they are told, and episodes made up."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

import pytest

from train.benchmarks.speaker import Call, Message, Said, Schema
from train.benchmarks.transcripts import Episode

Result = TypeVar("Result")


class Scripted:
    """Says its turns one after the other; an exception among them is raised."""

    name = "scripted"

    def __init__(self, *turns: Said | Exception) -> None:
        self._turns = iter(turns)
        self.heard: list[list[Message]] = []
        self.offered: list[list[Schema]] = []

    async def speak(self, messages: Sequence[Message], tools: Sequence[Schema]) -> Said:
        self.heard.append(list(messages))
        self.offered.append(list(tools))
        turn = next(self._turns)
        if isinstance(turn, Exception):
            raise turn
        return turn


@pytest.fixture
def scripted() -> type[Scripted]:
    """Make a speaker of turns."""
    return Scripted


@pytest.fixture
def call() -> Callable[..., Said]:
    """A turn that calls one tool."""

    def make(name: str, arguments: Any = None, text: str = "") -> Said:
        return Said(text, (Call("call_0", name, {} if arguments is None else arguments),))

    return make


@pytest.fixture
def play() -> Callable[[Coroutine[Any, Any, Result]], Result]:
    """Run a coroutine to its end."""
    return asyncio.run


@pytest.fixture
def make_episodes() -> Callable[..., list[Episode]]:
    """Episodes of one measure, a group each unless a number of groups is given."""

    def make(
        values: Sequence[float | None], measure: str = "held", groups: int = 0, part: str = "all"
    ) -> list[Episode]:
        return [
            Episode(
                case=f"c{place}",
                part=part,
                group=f"g{place % groups if groups else place}",
                measures={measure: value},
            )
            for place, value in enumerate(values)
        ]

    return make
