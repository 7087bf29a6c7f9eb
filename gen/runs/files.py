"""Files that are there whole or not at all, and what their bytes hash to."""

import hashlib
import os
from pathlib import Path
from typing import Any

TEMPORARY = ".tmp-"
"""How the name of an unfinished file begins."""


def write_file(path: Path, text: str) -> None:
    """Write a text file so that it is there whole or not at all."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: Any) -> None:
    """Write a file so that it is there whole or not at all.

    Args:
        path: where; missing folders are made.
        data: bytes, or anything with a buffer.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(TEMPORARY + path.name)
    with temporary.open("wb") as handle:
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())
    temporary.replace(path)


def hash_file(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def hash_bytes(data: Any) -> str:
    """SHA-256 of bytes, or of anything with a buffer."""
    return hashlib.sha256(data).hexdigest()


def drop_unfinished(folder: Path) -> None:
    """Remove what a killed run left under temporary names."""
    for path in folder.rglob(TEMPORARY + "*"):
        path.unlink(missing_ok=True)
