"""Requests known by their content, and the replies that were paid for, kept in one SQLite file.

A request that was answered is never sent, or paid for, again; a run that is continued asks only for
what is missing. A reply is kept whatever it is worth, since it was paid for. Keys are not in the
file, and addresses of servers only as digests.
"""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tool_catalog.errors import BadReply, BadRun

_SCHEMA = """
CREATE TABLE IF NOT EXISTS completions (
    key BLOB PRIMARY KEY, place BLOB, batched INTEGER, estimated INTEGER,
    tokens_in INTEGER, tokens_out INTEGER, request TEXT, reply TEXT);
CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT);
"""
CHARACTERS = 4
"""In a token, where a server does not count them."""


@dataclass(frozen=True)
class Request:
    """What is asked, as it is sent."""

    body: Mapping[str, Any]
    attempt: int = 0
    """Told apart by it: the same question asked again because the reply to it was no use."""
    expected: int | None = None
    """Tokens that its reply is thought to have, by who asks; for estimates."""

    @cached_property
    def text(self) -> str:
        """The body as JSON that does not hang on the order of keys."""
        return json.dumps(self.body, sort_keys=True, separators=(",", ":"))

    def key(self, url: str) -> bytes:
        """What its reply is kept by: everything that the reply may hang on."""
        return sha256(f"{url}\n{self.attempt}\n{self.text}".encode()).digest()

    @property
    def size(self) -> int:
        """Tokens of the prompt, estimated from its characters."""
        return -(-len(self.text) // CHARACTERS)

    @property
    def longest(self) -> int | None:
        """Most tokens that a reply may have; None when the request does not limit them."""
        limit = self.body.get("max_tokens") or self.body.get("max_completion_tokens")
        return int(limit) if limit else None


@dataclass(frozen=True, slots=True)
class Completion:
    """The first choice of a reply."""

    text: str
    thought: str
    """What a server of a reasoning model gives apart from the text."""
    tool_calls: Sequence[Mapping[str, Any]]
    """As the server wrote them."""
    finish: str
    """Why it ended: stop, length, tool_calls, content_filter."""
    refusal: str = ""
    """What the model says, apart from the text, when it will not answer."""
    tokens_in: int | None = None
    """Of the prompt, as the server counts them; None where it does not."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one reply, or of several."""

    tokens_in: int
    tokens_out: int
    estimated: bool = False
    """From characters: the server gave no numbers."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What was paid for at one place."""

    replies: int
    usage: Usage
    batched: bool
    """By the Batch API, at its price."""


class Replies:
    """The replies of one file; use it in `with`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._database = sqlite3.connect(path, isolation_level=None)
            # A reply is on disk when the write returns to the system: enough for a killed process.
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=NORMAL")
            self._database.executescript(_SCHEMA)
        except sqlite3.Error as error:
            raise BadRun(f"{path}: no cache of replies ({error}); delete it") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._database.close()

    def find(self, key: bytes) -> Any:
        """The reply to a request, by its key; None when there is none."""
        row = self._execute("SELECT reply FROM completions WHERE key = ?", key).fetchone()
        return json.loads(row[0]) if row else None

    def keep(
        self, url: str, request: Request, reply: Any, usage: Usage, *, batched: bool = False
    ) -> None:
        """Remember a reply; on disk when this returns."""
        self._execute(
            "INSERT OR REPLACE INTO completions VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            request.key(url), name_place(url, str(request.body.get("model"))), batched,
            usage.estimated, usage.tokens_in, usage.tokens_out, request.text,
            json.dumps(reply, separators=(",", ":")),
        )  # fmt: skip

    def count(self, url: str, model: str) -> list[Tally]:
        """What a model's replies took so far, in this run and earlier ones."""
        rows = self._execute(
            "SELECT COUNT(*), SUM(tokens_in), SUM(tokens_out), MAX(estimated), batched"
            " FROM completions WHERE place = ? GROUP BY batched",
            name_place(url, model),
        )
        return [
            Tally(replies, Usage(tokens_in, tokens_out, bool(estimated)), bool(batched))
            for replies, tokens_in, tokens_out, estimated, batched in rows
        ]

    def note(self, name: str, value: Any) -> None:
        """Remember something about a place; None forgets it."""
        if value is None:
            self._execute("DELETE FROM notes WHERE name = ?", name)
        else:
            self._execute("INSERT OR REPLACE INTO notes VALUES (?, ?)", name, json.dumps(value))

    def recall(self, name: str) -> Any:
        """What was noted; None when nothing was."""
        row = self._execute("SELECT value FROM notes WHERE name = ?", name).fetchone()
        return json.loads(row[0]) if row else None

    def _execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
        try:
            return self._database.execute(statement, values)
        except sqlite3.OperationalError as error:
            raise BadRun(f"{self._path}: {error}; what was kept is safe: --resume") from error


def name_place(url: str, model: str) -> bytes:
    """What a model at an address is known by."""
    return sha256(f"{url}\n{model}".encode()).digest()[:8]


def read_completion(reply: Any) -> Completion:
    """What a reply says.

    Raises:
        BadReply: garbled; it is no chat completion.
    """
    match reply:
        case {"choices": [{"finish_reason": str(finish)}, *_]} if finish.lower() in _BROKEN:
            raise BadReply("garbled", f"the server broke its reply off: finish_reason {finish!r}")
        case {"choices": [{"message": dict(message)} as choice, *_]}:
            return Completion(
                text=_read_text(message.get("content")),
                thought=_read_thought(message),
                tool_calls=tuple(c for c in message.get("tool_calls") or () if isinstance(c, dict)),
                finish=str(choice.get("finish_reason") or ""),
                refusal=_read_text(message.get("refusal")),
                tokens_in=_read_tokens_in(reply),
            )
        case {"error": error} if error:
            raise BadReply("garbled", f"the reply is an error: {str(error)[:200]}")
    raise BadReply("garbled", f"the reply is no chat completion: {str(reply)[:200]!r}")


_BROKEN = ("error", "network_error", "insufficient_system_resource", "abort", "aborted")
"""What servers give as the reason for which a reply ended when they failed in the middle of it."""


def read_usage(reply: Mapping[str, Any], request: Request) -> Usage:
    """The tokens of a reply that `read_completion` reads: as the server counts, else estimated."""
    match reply.get("usage"):
        case {"prompt_tokens": int(tokens_in), "completion_tokens": int(tokens_out)}:
            return Usage(tokens_in, tokens_out)
    completion = read_completion(reply)
    said = (completion.text, completion.thought, completion.refusal, *completion.tool_calls)
    characters = sum(len(str(part)) for part in said)
    return Usage(request.size, -(-characters // CHARACTERS), estimated=True)


def _read_thought(message: Mapping[str, Any]) -> str:
    """What a model thought, in whichever field the server puts it."""
    for name in ("reasoning_content", "reasoning", "thinking", "reasoning_details"):
        if text := _read_text(message.get(name)):
            return text
    return ""


def _read_tokens_in(reply: Mapping[str, Any]) -> int | None:
    match reply.get("usage"):
        case {"prompt_tokens": int(tokens)} if tokens > 0:
            return tokens
    return None


def _read_text(content: Any) -> str:
    """Text, which some servers send in parts; half a character in it becomes a question mark."""
    if isinstance(content, list):
        content = "".join(
            str(p.get("text") or p.get("refusal") or "") for p in content if isinstance(p, dict)
        )
    text = str(content or "")
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
