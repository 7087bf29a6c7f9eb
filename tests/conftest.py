"""What every test shares: no network, reproducible properties, and where the benchmarks lie."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# Before anything reads them: huggingface_hub and our console do so on import.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["COLUMNS"] = "160"

settings.register_profile("triact", deadline=None, derandomize=True)
settings.load_profile("triact")


@pytest.fixture(scope="session", autouse=True)
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder of the tests' own: what they trust is not what the user trusts."""
    folder = tmp_path_factory.mktemp("state")
    os.environ["TRIACT_STATE"] = str(folder)
    os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
    return folder


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


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small finished run in some shards, with train, validation and test; to read only."""
    from gen.config import RunConfig
    from gen.runs.generate import generate

    folder = tmp_path_factory.mktemp("runs") / "small"
    config = RunConfig(
        size=120,
        seed=1,
        domains=("banking", "email", "terminal_files"),
        sets_per_shard=2,
        validation_share=0.2,
        test_share=0.3,
    )
    generate(config, folder)
    return folder
