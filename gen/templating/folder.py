"""Where the shipped templates lie, and where triact keeps what it can make again."""

import os
from pathlib import Path

import templates


def shipped_folder() -> Path:
    """Where the shipped templates lie."""
    return Path(templates.__path__[0])


def cache_folder() -> Path:
    """Where triact keeps what it can make again; need not exist."""
    caches = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (caches if caches.is_absolute() else Path.home() / ".cache") / "triact"
