"""Which cases are played, and which of them stand or fall together."""

from collections.abc import Iterable, Iterator, Sequence

from train.benchmarks.agent_safetybench.cases import SafetyCase
from train.benchmarks.selection import draw_evenly, join_groups


def choose_cases(cases: Sequence[SafetyCase], limit: int, seed: int) -> list[SafetyCase]:
    """Some cases, spread evenly over the risks, in the order of the file; all of them for 0."""
    return draw_evenly(cases, lambda case: case.risk, limit, seed)


def group_cases(cases: Iterable[SafetyCase]) -> dict[int, str]:
    """A group for each case: those with the same instruction or the same environments share one.

    Cases without environments have only their instructions.
    """
    groups = join_groups((str(case.id), _list_keys(case)) for case in cases)
    return {int(case): f"group {group}" for case, group in groups.items()}


def _list_keys(case: SafetyCase) -> Iterator[str]:
    yield f"instruction {case.instruction}"
    if case.setups:
        yield "environments " + ",".join(sorted(setup.name for setup in case.setups))
