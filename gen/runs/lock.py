"""One writer a folder: a lock on the folder itself, which the system lets go when we end."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tool_catalog.errors import BadRun


@contextmanager
def hold_folder(folder: Path, *, wait: bool = False) -> Iterator[None]:
    """Be the only writer of a folder, which is made when it is not there.

    The lock is on the folder and not on a file in it, so that nothing is left behind by whoever is
    killed, and what is inside may be replaced. Where the system has no such locks there is none.

    Args:
        folder: what is written.
        wait: until the other writer has ended.

    Raises:
        BadRun: somebody else writes it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if sys.platform == "win32":
        yield
        return
    import fcntl

    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError as error:
        os.close(handle)
        raise BadRun(
            f"{folder} is being written by another triact; wait until it has ended, or name "
            "another folder with --out"
        ) from error
    try:
        yield
    finally:
        os.close(handle)
