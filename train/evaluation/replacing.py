"""A run's files while another run takes their place: back where they were if that never starts."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from train.evaluation.transcripts import EPISODES, SETTINGS

_ASIDE = ".replaced"


@contextmanager
def replacing(folder: Path, names: Sequence[str]) -> Iterator[None]:
    """Take files out of a folder; they are gone at the end, or back if nothing could be played.

    Args:
        folder: of the run; it need not exist.
        names: of its files; others are left alone, but for the settings, which come back too.
    """
    old = [path for name in names if (path := folder / name).is_file()]
    aside = [path.rename(f"{path}{_ASIDE}") for path in old]
    settings = (folder / SETTINGS).read_bytes() if aside else b""
    try:
        yield
    except BaseException:  # also when it is stopped by hand before its first case
        episodes = folder / EPISODES
        if aside and not (episodes.is_file() and episodes.stat().st_size):
            for name in names:
                (folder / name).unlink(missing_ok=True)
            for path, kept in zip(old, aside, strict=True):
                kept.rename(path)
            (folder / SETTINGS).write_bytes(settings)
        raise
    finally:
        for kept in aside:
            kept.unlink(missing_ok=True)
