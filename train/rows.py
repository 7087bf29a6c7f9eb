"""The rows that training reads from a run."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tool_catalog.errors import BadRun


def load_rows(run: Path, config: str) -> Any:
    """The training split of one of a run's configs, in memory.

    The cache is our own and short-lived: that of `datasets` goes by a folder's name and not by
    what is in it, so that a run made anew under an old name would train on the old rows.

    Raises:
        BadRun: the folder has no such rows.
    """
    from datasets import disable_progress_bars, load_dataset

    disable_progress_bars()
    with TemporaryDirectory() as cache:
        try:
            rows = load_dataset(
                str(run), config, split="train", cache_dir=cache, keep_in_memory=True
            )
        except (FileNotFoundError, ValueError) as error:
            raise BadRun(f"{run}: has no {config} rows for training: {error}") from error
    if len(rows) == 0:
        raise BadRun(f"{run}: no {config} rows for training; generate more contrast sets")
    return rows
