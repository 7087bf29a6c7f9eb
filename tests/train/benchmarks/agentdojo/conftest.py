"""The suite of our own in upstream's framework; without the package its tests are skipped."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

DESK = Path(__file__).parent / "desk_suite.py"


@pytest.fixture
def desk() -> Iterator[str]:
    """A file that registers suite `desk` in version `desk-1`; forgotten again afterwards."""
    pytest.importorskip("agentdojo", reason="the extra agentdojo is not installed")
    from agentdojo.attacks.attack_registry import ATTACKS
    from agentdojo.task_suite.load_suites import _SUITES as SUITES

    attacks = dict(ATTACKS)
    yield str(DESK)
    for version in [known for known in SUITES if not known.startswith("v")]:
        del SUITES[version]
    ATTACKS.clear()
    ATTACKS.update(attacks)


@pytest.fixture
def make_desk(desk: str) -> Any:
    """The suite as a benchmark; options as of `DojoChoice`."""
    from train.benchmarks.agentdojo.installation import require_agentdojo

    package = require_agentdojo()
    from train.benchmarks.agentdojo.jobs import DojoChoice, make_agentdojo

    def make(**options: Any) -> Any:
        drawn = {
            name: options.pop(name) for name in ("served", "react", "limit") if name in options
        }
        named = {"version": "desk-1", "modules": [desk], "attack": "blunt", **options}
        return make_agentdojo(package, DojoChoice(**named), **drawn)

    return make
