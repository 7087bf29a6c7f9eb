"""How a case is put to an agent and what of its turn counts: triact's way, or a published one."""

from dataclasses import dataclass

from gen.episode import ASK_SCHEMA
from train.agents.loop import Talk
from train.agents.turn import ChatMessage, Said
from train.benchmarks.bfcl.cases import FunctionCase, language_of
from train.benchmarks.bfcl.multi_turn.dialogue_forms import (
    DialogueForm,
    PublishedForm,
    TriactForm,
    WordedForm,
)
from train.benchmarks.bfcl.outputs import CallForm, OutputRow, choose_calls, write_output
from train.benchmarks.bfcl.prompting.functions import add_hints, make_tools
from train.benchmarks.bfcl.prompting.texts import LeaderboardTexts
from train.benchmarks.bfcl.prompting.words import open_words
from train.benchmarks.bfcl.tools import list_tools
from train.benchmarks.upstream.form import PromptForm


@dataclass(frozen=True, slots=True)
class Asking:
    """One way for all cases of a run."""

    texts: LeaderboardTexts | None = None
    """The published ones, where their form is used; else triact's form."""
    react: bool = False
    """Whether the agent has no tool calls."""
    ask_user: bool = False
    """Whether `ask_user` is offered beside the functions; triact's form only."""

    @property
    def form(self) -> PromptForm:
        """Whose it is."""
        return PromptForm.TRIACT if self.texts is None else PromptForm.PUBLISHED

    @property
    def calls(self) -> CallForm:
        """What counts as a call."""
        return choose_calls(self.form, react=self.react)

    @property
    def dialogues(self) -> DialogueForm:
        """The same way for multi-turn cases."""
        if self.texts is None:
            return TriactForm(ask_user=self.ask_user)
        return WordedForm(self.texts) if self.react else PublishedForm(self.texts)

    def open(self, case: FunctionCase) -> Talk:
        """The question, and the functions."""
        messages: list[ChatMessage] = [dict(message) for message in case.question[0]]
        if self.texts is None:
            return Talk(messages, [*list_tools(case), *([ASK_SCHEMA] if self.ask_user else [])])
        hinted = add_hints(case.functions, language_of(case.category), self.texts)
        if self.react:
            return Talk(open_words(messages, hinted, self.texts))
        return Talk(messages, make_tools(hinted, self.texts))

    def read(self, said: Said) -> list[OutputRow] | str:
        """What counts of a turn, as outputs are stored."""
        if self.calls is CallForm.WORDS:
            return said.text
        return write_output(said, ask_user=self.ask_user)

    def tell(self, said: Said) -> ChatMessage:
        """A turn as a message."""
        return self.dialogues.tell(said)
