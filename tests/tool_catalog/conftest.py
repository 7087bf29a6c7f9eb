"""A toy domain, small enough to count by hand, written as a user's own domain file."""

from pathlib import Path

import pytest

from tool_catalog.domain import Domain
from tool_catalog.loading import read_domain_file

TOY = Path(__file__).parents[1] / "toy_notes.py"


@pytest.fixture(scope="session")
def toy_text() -> str:
    return TOY.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def toy() -> Domain:
    return read_domain_file(TOY)
