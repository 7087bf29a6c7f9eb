"""Where the shipped templates lie."""

from pathlib import Path

import templates


def shipped_folder() -> Path:
    """Where the shipped templates lie."""
    return Path(templates.__path__[0])
