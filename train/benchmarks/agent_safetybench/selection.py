"""Which cases are played, and which of them stand or fall together."""

from collections.abc import Iterable, Sequence
from random import Random

from train.benchmarks.agent_safetybench.cases import Case


def choose_cases(cases: Sequence[Case], limit: int, seed: int) -> list[Case]:
    """Some cases, spread evenly over the risks, in the order of the file.

    What a smaller limit takes, a greater one takes too.

    Args:
        cases: to choose from.
        limit: how many at most; 0 takes all.
        seed: of the draw.
    """
    if not 0 < limit < len(cases):
        return list(cases)
    drawn = []
    for risk in dict.fromkeys(case.risk for case in cases):
        pool = [case for case in cases if case.risk == risk]
        Random(f"{seed}:{risk}").shuffle(pool)
        drawn += list(enumerate(pool))
    chosen = {case.id for _, case in sorted(drawn, key=lambda place: place[0])[:limit]}
    return [case for case in cases if case.id in chosen]


def group_cases(cases: Iterable[Case]) -> dict[int, str]:
    """A group for each case: those with the same instruction or the same environments share one.

    Sharing carries over, so that two cases may share a group through a third. Cases without
    environments have only their instructions.
    """
    leaders: dict[str, str] = {}

    def find(name: str) -> str:
        while leaders.setdefault(name, name) != name:
            name = leaders[name]
        return name

    places: dict[int, str] = {}
    for case in cases:
        places[case.id] = f"case {case.id}"
        names = [f"instruction {case.instruction}"]
        if case.setups:
            names.append("environments " + ",".join(sorted(s.name for s in case.setups)))
        for name in names:
            leaders[find(places[case.id])] = find(name)
    first: dict[str, str] = {}
    return {case: first.setdefault(find(place), f"group {case}") for case, place in places.items()}
