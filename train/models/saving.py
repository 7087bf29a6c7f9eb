"""Saving models: whole or not at all, and one line when there is no room."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gen.runs.files import TEMPORARY
from tool_catalog.errors import UserMistake

_PART = f"{TEMPORARY}model"


@contextmanager
def saving(folder: Path) -> Iterator[None]:
    """Write a folder of one's own; it is removed when it cannot be finished.

    Raises:
        UserMistake: the system does not take it: no room, no right.
    """
    from safetensors import SafetensorError

    try:
        shutil.rmtree(folder, ignore_errors=True)  # of whoever was killed here
        folder.mkdir(parents=True)
        yield
    except (OSError, SafetensorError) as error:
        free = shutil.disk_usage(_first_there(folder)).free // 2**20
        raise UserMistake(
            f"{folder.parent}: cannot be saved to ({free} MB free): {_shorten(error)}; "
            "make room, then run the same command again"
        ) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def save_model(trainer: Any, tokenizer: Any, out: Path) -> None:
    """Save what was trained, tokenizer and chat template included.

    Raises:
        UserMistake: there is no room; nothing of it stays in the folder.
    """
    part = out / _PART
    with saving(part):
        trainer.save_model(str(part))
        _finish(tokenizer, part, out)


def save_untrained(model: Any, tokenizer: Any, out: Path) -> None:
    """Save a model as it is before training; errors as of `save_model`."""
    part = out / _PART
    with saving(part):
        model.save_pretrained(part)
        _finish(tokenizer, part, out)


def _finish(tokenizer: Any, part: Path, out: Path) -> None:
    tokenizer.save_pretrained(str(part))
    for path in sorted(part.iterdir()):
        Path(path).replace(out / path.name)


def _first_there(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())


def _shorten(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
