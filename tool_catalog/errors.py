"""Every error triact raises on purpose.

    TriactError
    ├── UserMistake          bad option, file or name: one line on stderr, exit 2
    │   ├── UnknownName      no such domain, tool, leaf, preset, split; near misses are named
    │   ├── BadDomainFile    a domain file that does not keep the contract
    │   ├── BadTemplate      a template file; always names file and line
    │   ├── BadPolicy        a policy file
    │   └── BadRun           a run folder that is missing, foreign or unfinished
    │       └── DamagedRun   one whose files are not those of its manifest
    ├── CheckFailed          a check or an audit said no: exit 1
    └── EndpointFailed       a model server or judge that gave no usable answer; never a score
        ├── EndpointRefused  it would answer every request so: wrong key, no such model, down
        │   └── BudgetSpent  the next request could cost more than is left
        ├── NotTaken         this request is refused however often it is sent; others may not be
        │   └── SettingNotTaken  it is taken with a setting named otherwise, or left out
        ├── BadReply         an answer that is no use, with the reason why
        └── ContextFull      the conversation is longer than the model takes

`ToolError` stands apart: it is how a tool tells *the model* that a call cannot be done, and the
sandbox turns it into a tool result. Anything else that a tool raises is our bug and rises.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Literal


class TriactError(Exception):
    """Root of everything raised on purpose."""


class UserMistake(TriactError):
    """Something the user can put right; the message is one line and says how."""


class UnknownName(UserMistake):
    """A name outside a closed set."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        choices = sorted(known)
        near = get_close_matches(name, choices, n=3, cutoff=0.5)
        shown = ", ".join(choices if len(choices) <= 12 else [*choices[:12], "..."])
        hint = f"did you mean {' or '.join(near)}?" if near else f"known: {shown}"
        super().__init__(f"no {kind} {name!r}; {hint}")
        self.name = name


class BadDomainFile(UserMistake):
    """A domain file that breaks the contract of `tool_catalog.domain`."""


class BadTemplate(UserMistake):
    """A template that cannot be used; the message starts with file:line."""


class BadPolicy(UserMistake):
    """A policy file that cannot be used."""


class BadRun(UserMistake):
    """A run folder that cannot be read or continued."""


class DamagedRun(BadRun):
    """A run folder whose files are not those that its manifest names."""


class CheckFailed(TriactError):
    """A check or an audit did not pass."""


class EndpointFailed(TriactError):
    """A model endpoint gave no usable answer. It is an error, never a score."""


class EndpointRefused(EndpointFailed):
    """Every other request would fail so too, and the run stops; the message says what to do."""


class BudgetSpent(EndpointRefused):
    """The next request could pass the budget; nothing was sent, and what was paid for is kept."""


class NotTaken(EndpointFailed):
    """The server does not take this request, and will not when it is sent again."""


class SettingNotTaken(NotTaken):
    """The server takes the request when one of its settings is named otherwise, or left out."""

    def __init__(self, setting: str, reason: str) -> None:
        super().__init__(reason)
        self.setting = setting


BadReplyReason = Literal["empty", "refused", "truncated", "misfit", "repeated", "garbled"]


class BadReply(EndpointFailed):
    """An answer that cannot be used.

    empty: nothing in it; refused: by the model or by a filter; truncated: it met the limit of
    tokens; misfit: not of the form asked for; repeated: still not, word for word, after the error
    was shown; garbled: no chat completion at all.
    """

    def __init__(self, reason: BadReplyReason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class ContextFull(EndpointFailed):
    """A conversation is longer than the model takes."""


class ToolError(Exception):
    """The model asked for something that cannot be done; the text is the tool's result."""


def find_first(group: BaseExceptionGroup[Exception]) -> Exception:
    """The first of the errors that tasks of a group ended with."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, Exception)
    return error
