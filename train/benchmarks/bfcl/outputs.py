"""What an agent said, in the form in which outputs are stored, and such outputs as calls."""

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from tool_catalog.sandbox import ASK_USER
from train.agents.turn import Said
from train.benchmarks.bfcl.cases import Category, language_of
from train.benchmarks.bfcl.checking.decode import DecodedCall, decode
from train.benchmarks.bfcl.checking.error_types import ErrorType
from train.benchmarks.bfcl.checking.foreign_text import read_foreign
from train.benchmarks.bfcl.schema_types import CodeLanguage
from train.benchmarks.upstream.form import PromptForm


class CallForm(StrEnum):
    """What counts as a call, and as the name of a function."""

    EITHER = "either"
    """Tool calls, and text in the syntax of calls; names with dots, or underscores for them."""
    TOOLS = "tools"
    """Tool calls alone, by names with underscores: the published rule where endpoints take no
    dots."""
    WORDS = "words"
    """Text alone, by names with dots: the published rule for models without tool calls."""


def choose_calls(form: PromptForm, *, react: bool) -> CallForm:
    """What counts in a form; in the published one it hangs on whether the agent has tool calls."""
    if form is PromptForm.TRIACT:
        return CallForm.EITHER
    return CallForm.WORDS if react else CallForm.TOOLS


OutputRow = dict[str, str]
"""A call as an endpoint writes it: name, and arguments as text, right or wrong."""


def write_calls(said: Said, *, ask_user: bool) -> list[OutputRow]:
    """The calls of a turn. Where `ask_user` is offered, asking with it is no call of the case."""
    made = [call for call in said.calls if not (ask_user and call.name == ASK_USER)]
    return [{"name": call.name, "arguments": _write_arguments(call.arguments)} for call in made]


def write_output(said: Said, *, ask_user: bool) -> list[OutputRow] | str:
    """The calls of a turn, or its text when it made none."""
    return write_calls(said, ask_user=ask_user) or said.text


def read_output(
    output: Any, category: Category, form: CallForm = CallForm.EITHER
) -> list[DecodedCall] | ErrorType:
    """The calls of an output of a category: native ones, or text in the category's language."""
    if form is (CallForm.TOOLS if isinstance(output, str) else CallForm.WORDS):
        return ErrorType.UNDECODABLE
    language = language_of(category)
    if isinstance(output, str) and language is not CodeLanguage.PYTHON:
        return read_foreign(output, language)
    return decode(output)


def makes_call(
    output: Sequence[OutputRow] | str, category: Category, form: CallForm = CallForm.EITHER
) -> bool:
    """Whether there is a call in an output, right or wrong; text in the syntax of calls is one."""
    if not isinstance(output, str):
        return bool(output)
    calls = read_output(output, category, form)
    return not isinstance(calls, ErrorType) and bool(calls)


def _write_arguments(given: Mapping[str, Any] | str) -> str:
    return given if isinstance(given, str) else json.dumps(dict(given))
