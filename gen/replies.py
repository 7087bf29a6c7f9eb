"""Replies that a server has given, kept by the content of their requests.

One SQLite file. A request that was answered is never sent, or paid for, again; a run that is
continued asks only for what is missing. Keys and addresses of servers are not in it but hashed.
"""

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tool_catalog.errors import BadRun

_SCHEMA = "CREATE TABLE IF NOT EXISTS replies (request BLOB PRIMARY KEY, reply TEXT) WITHOUT ROWID"


class Replies:
    """The replies of one file; use it in `with`."""

    def __init__(self, path: Path) -> None:
        try:
            self._database = sqlite3.connect(path, isolation_level=None)
            # A reply is on disk when the write returns to the system: enough for a killed process.
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=NORMAL")
            self._database.execute(_SCHEMA)
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

    def find(self, request: bytes) -> Any:
        """The reply to a request, by its key; None when there is none."""
        row = self._database.execute(
            "SELECT reply FROM replies WHERE request = ?", (request,)
        ).fetchone()
        return json.loads(row[0]) if row else None

    def keep(self, request: bytes, reply: Any) -> None:
        """Remember a reply."""
        text = json.dumps(reply, ensure_ascii=False)
        self._database.execute("INSERT OR REPLACE INTO replies VALUES (?, ?)", (request, text))


def make_key(url: str, body: Mapping[str, Any]) -> bytes:
    """What a request is known by: everything that its reply may hang on."""
    text = json.dumps([url, body], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).digest()
