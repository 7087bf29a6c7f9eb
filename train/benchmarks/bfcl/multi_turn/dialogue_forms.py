"""How a dialogue is put to an agent: what opens a turn, what is told of one, what calls return."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from gen.episode import ASK_SCHEMA
from tool_catalog.sandbox import ASK_USER
from train.agents.turn import ChatMessage, Said, Schema, make_result
from train.benchmarks.bfcl.checking.decode import decode
from train.benchmarks.bfcl.checking.error_types import ErrorType
from train.benchmarks.bfcl.multi_turn.call_source import CallSource
from train.benchmarks.bfcl.multi_turn.dialogues import Dialogue
from train.benchmarks.bfcl.outputs import OutputRow, write_calls
from train.benchmarks.bfcl.prompting.functions import add_hints, make_tools
from train.benchmarks.bfcl.prompting.texts import LeaderboardTexts
from train.benchmarks.bfcl.prompting.words import open_words, write_notice, write_results
from train.benchmarks.bfcl.schema_types import CodeLanguage
from train.benchmarks.bfcl.tools import describe_functions

_ASKED = "The user answers in the next message."
_UNREADABLE = "Error: arguments must be one JSON object. No call of this turn was carried out."

StoredStep = list[OutputRow] | str
"""A turn of the agent's, as outputs are stored."""
Running = Callable[[CallSource], str]
"""Carries a call out."""


class DialogueForm(Protocol):
    """A way to put dialogues."""

    def open_turn(self, case: Dialogue, number: int, notice: str) -> list[ChatMessage]:
        """What the user says in a turn; `notice` where functions are offered that were not."""
        ...

    def list_tools(self, case: Dialogue, number: int) -> list[Schema]:
        """What is offered in a turn, in OpenAI's form."""
        ...

    def read(self, said: Said) -> StoredStep:
        """What counts of a turn of the agent's."""
        ...

    def tell(self, said: Said) -> ChatMessage:
        """A turn of the agent's as the next message."""
        ...

    def answer(self, said: Said, sources: Sequence[CallSource], run: Running) -> list[ChatMessage]:
        """What the calls of a turn returned."""
        ...


class TriactForm:
    """triact's own.

    Args:
        ask_user: offer `ask_user` beside the functions. Asking ends the turn, as in prose.
    """

    def __init__(self, *, ask_user: bool = False) -> None:
        self._ask_user = ask_user

    def open_turn(self, case: Dialogue, number: int, notice: str) -> list[ChatMessage]:
        """See `DialogueForm`."""
        return [*map(dict, case.turns[number] or [{"role": "user", "content": notice}])]

    def list_tools(self, case: Dialogue, number: int) -> list[Schema]:
        """See `DialogueForm`."""
        asking = [ASK_SCHEMA] if self._ask_user else []
        return [*describe_functions(case.list_offered(number)), *asking]

    def read(self, said: Said) -> StoredStep:
        """See `DialogueForm`."""
        return write_calls(said, ask_user=self._ask_user)

    def tell(self, said: Said) -> ChatMessage:
        """See `DialogueForm`."""
        return said.to_message()

    def answer(self, said: Said, sources: Sequence[CallSource], run: Running) -> list[ChatMessage]:
        """A result for every call, because endpoints want one."""
        results = iter([run(source) for source in sources])
        asked = [self._ask_user and call.name == ASK_USER for call in said.calls]
        return [
            make_result(call, _ASKED if asks else next(results, _UNREADABLE))
            for call, asks in zip(said.calls, asked, strict=True)
        ]


class PublishedForm(TriactForm):
    """The published one for agents with tool calls."""

    def __init__(self, texts: LeaderboardTexts) -> None:
        super().__init__()
        self._texts = texts

    def open_turn(self, case: Dialogue, number: int, notice: str) -> list[ChatMessage]:
        """See `DialogueForm`; the notice is that of the texts."""
        return super().open_turn(case, number, self._texts.notice)

    def list_tools(self, case: Dialogue, number: int) -> list[Schema]:
        """See `DialogueForm`; functions that were held back have no hint, as published."""
        known = _hint_first(case, self._texts)
        for turn in range(number + 1):
            known += _list_new(case, turn)
        return make_tools(known, self._texts)

    def tell(self, said: Said) -> ChatMessage:
        """See `DialogueForm`; calls stand to the letter, and without text there is no content."""
        told = said.to_message()
        if said.calls:
            told["content"] = said.text or None
            told["tool_calls"] = [call.to_dict(to_letter=True) for call in said.calls]
        return told

    def answer(self, said: Said, sources: Sequence[CallSource], run: Running) -> list[ChatMessage]:
        """See `DialogueForm`; no result names its function."""
        told = super().answer(said, sources, run)
        return [{key: value for key, value in m.items() if key != "name"} for m in told]


class WordedForm:
    """The published one for agents without."""

    def __init__(self, texts: LeaderboardTexts) -> None:
        self._texts = texts

    def open_turn(self, case: Dialogue, number: int, notice: str) -> list[ChatMessage]:
        """See `DialogueForm`; the functions stand in the first turn, and in the notice."""
        if not case.turns[number]:
            return [write_notice(_list_new(case, number), self._texts)]
        said = [*map(dict, case.turns[number])]
        return said if number else open_words(said, _hint_first(case, self._texts), self._texts)

    def list_tools(self, case: Dialogue, number: int) -> list[Schema]:
        """None: they are told in words."""
        return []

    def read(self, said: Said) -> StoredStep:
        """See `DialogueForm`."""
        return said.text

    def tell(self, said: Said) -> ChatMessage:
        """See `DialogueForm`."""
        return Said(said.text, thought=said.thought).to_message()

    def answer(self, said: Said, sources: Sequence[CallSource], run: Running) -> list[ChatMessage]:
        """See `DialogueForm`; one message for all results, and none where there is no call."""
        calls = decode(said.text)
        if isinstance(calls, ErrorType) or not calls:
            return []
        return [write_results(calls, [run(source) for source in sources])]


def _hint_first(case: Dialogue, texts: LeaderboardTexts) -> list[dict[str, Any]]:
    """The functions that are offered from the start."""
    first = [item for item in case.functions if item["name"] not in case.held_back]
    return add_hints(first, CodeLanguage.PYTHON, texts)


def _list_new(case: Dialogue, turn: int) -> list[dict[str, Any]]:
    """The functions that are offered from a turn on, in the order in which the case names them."""
    known = {item["name"]: item for item in case.functions}
    return [dict(known[name]) for name, since in case.held_back.items() if since == turn]
