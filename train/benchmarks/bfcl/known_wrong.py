"""Cases whose published answer is wrong, or is said to be.

They count like any other case, as on the leaderboard; a report names those that were run.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from train.benchmarks.bfcl.cases import FunctionCase
from train.benchmarks.bfcl.multi_turn.dialogues import Dialogue
from train.benchmarks.bfcl.reference import list_refused

REPORTED: Mapping[int, tuple[str, ...]] = {
    1133: ("parallel_155",),
    1169: ("live_multiple_8-4-0", "live_multiple_17-4-9"),
    1267: ("multi_turn_base_198",),
    1367: ("multi_turn_base_4",),
}
"""Cases that issues of ShishirPatil/gorilla name, by the issue's number.

As reported, not as judged here. Left out is what they name and the data have since put right:
live_simple_137-90-0, live_simple_138-91-0, parallel_84, parallel_158 and parallel_170 (1133),
multi_turn_base_199 (1256). Issue 1367 counts 27 multi-turn cases that none of 18 models passes.
"""


def list_known_wrong(cases: Iterable[FunctionCase | Dialogue]) -> dict[str, Any]:
    """Of some cases those that the checker refuses the reference of, and those in `REPORTED`."""
    chosen = list(cases)
    refused = list_refused(case for case in chosen if isinstance(case, FunctionCase))
    names = {case.id for case in chosen}
    reported: dict[str, list[str]] = {}
    for issue, reports in REPORTED.items():
        for name in names.intersection(reports):
            reported.setdefault(name, []).append(f"gorilla#{issue}")
    return {
        "refused": {case.id: str(fault) for case, fault in refused},
        "reported": dict(sorted(reported.items())),
    }
