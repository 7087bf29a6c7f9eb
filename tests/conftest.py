"""What every test shares: no network, reproducible properties, and where the benchmarks lie."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

os.environ["HF_HUB_OFFLINE"] = "1"  # before anything reads it: huggingface_hub does so on import

settings.register_profile("triact", deadline=None, derandomize=True)
settings.load_profile("triact")


@pytest.fixture(scope="session")
def benchmarks() -> Path:
    """The folder of published benchmark data, named by TRIACT_BENCHMARKS; not shipped with triact.

    Skips when the variable is unset; a name that leads nowhere is an error.
    """
    named = os.environ.get("TRIACT_BENCHMARKS")
    if not named:
        pytest.skip("TRIACT_BENCHMARKS is not set: it names the folder of benchmark data")
    folder = Path(named)
    if not folder.is_dir():
        pytest.fail(f"TRIACT_BENCHMARKS names {named!r}, which is not a folder")
    return folder
