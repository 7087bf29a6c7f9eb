"""Story files that passed their checks before, kept in the user's cache.

Reading 300 files of YAML and checking every name in them takes four seconds, and nothing that they
depend on changes from one command to the next: the file, the code that checks, the domains and the
leaves. What passed is kept under a digest of all of these, and what failed is not kept at all, so
that an error is told every time.
"""

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pydantic

from gen.taxonomy import load_leaves
from gen.templating.folder import cache_folder
from tool_catalog.domain import Domain

_KEPT = 6
"""Files in the cache: one for each choice of domains, the newest first."""
_CODE = ("stories", "templating")
"""Packages of `gen` that read and check."""


class Passed:
    """Front matter of story files by the digest of the file, for one choice of domains."""

    def __init__(self, domains: Iterable[Domain], folder: Path | None = None) -> None:
        self._path = (folder or cache_folder()) / "stories" / f"{_sign(domains)}.json"
        self._known: dict[str, Any] = _read(self._path)
        self._new = False

    def find(self, text: str, place: str) -> dict[str, Any] | None:
        """The front matter of a file that passed, by its text and its place in the folder."""
        front: dict[str, Any] | None = self._known.get(_digest(place, text))
        return front

    def add(self, text: str, place: str, front: Mapping[str, Any]) -> None:
        """Note that a file passed, unless JSON has no form for what it says (a date, say)."""
        try:
            same = json.loads(json.dumps(front)) == front
        except TypeError:
            same = False
        if same:
            self._known[_digest(place, text)] = front
            self._new = True

    def save(self) -> None:
        """Write what is new; without a place to write, the next command checks again."""
        if not self._new:
            return
        beside = self._path.with_suffix(f".{os.getpid()}")
        with suppress(OSError):  # a cache that cannot be written is no mistake of the user's
            self._path.parent.mkdir(parents=True, exist_ok=True)
            beside.write_text(json.dumps(self._known), encoding="utf-8")
            beside.replace(self._path)
            _forget_oldest(self._path.parent)


def _read(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def _forget_oldest(folder: Path) -> None:
    files = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in files[_KEPT:]:
        path.unlink(missing_ok=True)


def _digest(*parts: str) -> str:
    return blake2b("\0".join(parts).encode(), digest_size=12).hexdigest()


def _sign(domains: Iterable[Domain]) -> str:
    """Everything but the file that the checks depend on."""
    known = {
        domain.name: [
            {name: spec.model_dump() for name, spec in domain.tools.items()},
            {place: sorted(domain.list_fields(place)) for place in domain.objects},
        ]
        for domain in domains
    }
    return _digest(_hash_code(), json.dumps(known, sort_keys=True, default=sorted))


@cache
def _hash_code() -> str:
    """The code that reads and checks, what it reads with, and the leaves that it knows."""
    root = Path(__file__).parents[2]
    files = sorted(path for name in _CODE for path in (root / name).rglob("*.py"))
    return _digest(pydantic.VERSION, *load_leaves(), *(path.read_text("utf-8") for path in files))
