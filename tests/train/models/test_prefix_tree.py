"""A tree holds every row, shares what they begin alike with, and knows what a place foretells."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from train.models.prefix_tree import PrefixTree, Weighed, plant, plant_grove

ROWS = st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=8), min_size=1, max_size=8)


def weigh(ids: list[int]) -> Weighed:
    """The second half is learned."""
    return ids, [float(place >= len(ids) // 2) for place in range(len(ids))]


def list_rows(tree: PrefixTree) -> set[tuple[int, ...]]:
    """Every way from the first node to one that nothing follows."""
    parents = {node.parent for node in tree.nodes}
    ends = [n for n in range(len(tree.nodes)) if n not in parents]
    return {
        tuple(token for n in tree.path(end)
              for token in tree.tokens[tree.nodes[n].start : tree.nodes[n].stop])
        for end in ends
    }  # fmt: skip


@given(ROWS)
def test_every_row_stands_in_the_tree_and_no_prefix_twice(rows: list[list[int]]) -> None:
    tree = plant([weigh(ids) for ids in rows], once=False)
    longest = {tuple(ids) for ids in rows}
    longest = {a for a in longest if not any(b != a and b[: len(a)] == a for b in longest)}
    assert list_rows(tree) == longest
    assert len(tree.tokens) == len({tuple(ids[: n + 1]) for ids in rows for n in range(len(ids))})
    assert tree.rows == len(rows)


@given(ROWS)
def test_segments_cover_the_tokens_in_order_and_stand_behind_their_parents(
    rows: list[list[int]],
) -> None:
    tree = plant([weigh(ids) for ids in rows], once=True)
    edges = [(node.start, node.stop) for node in tree.nodes]
    assert [start for start, _ in edges] == [0, *(stop for _, stop in edges)][: len(edges)]
    assert edges[-1][1] == len(tree.tokens)
    assert all(node.parent < n for n, node in enumerate(tree.nodes))


def list_learned(tree: PrefixTree) -> Counter[tuple[tuple[int, ...], int]]:
    """What is learned after what, by weight."""
    owners = {place: n for n, s in enumerate(tree.nodes) for place in range(s.start, s.stop)}
    found: Counter[tuple[tuple[int, ...], int]] = Counter()
    for source, target, weight in zip(tree.sources, tree.targets, tree.weights, strict=True):
        path = [tree.nodes[n] for n in tree.path(owners[source])]
        before = [t for s in path[:-1] for t in tree.tokens[s.start : s.stop]]
        before += tree.tokens[path[-1].start : source + 1]
        found[tuple(before), target] += int(weight)
    return found


@given(ROWS)
def test_each_row_teaches_what_it_does_alone(rows: list[list[int]]) -> None:
    wanted: Counter[tuple[tuple[int, ...], int]] = Counter()
    for ids in rows:
        for place in range(max(1, len(ids) // 2), len(ids)):
            wanted[tuple(ids[:place]), ids[place]] += 1
    assert list_learned(plant([weigh(ids) for ids in rows], once=False)) == wanted
    assert list_learned(plant([weigh(ids) for ids in rows], once=True)) == Counter(set(wanted))


def test_positions_are_those_in_the_row() -> None:
    tree = plant([weigh([5, 6, 7]), weigh([5, 6, 8, 9])], once=True)
    assert tree.tokens == [5, 6, 7, 8, 9]
    assert tree.positions == [0, 1, 2, 2, 3]


@given(ROWS, st.integers(4, 20))
def test_a_grove_keeps_to_its_budget_and_loses_no_row(rows: list[list[int]], budget: int) -> None:
    grove = plant_grove([weigh(ids) for ids in rows], budget, once=False)
    assert sum(tree.rows for tree in grove) == len(rows)
    assert all(len(tree.tokens) <= budget or tree.rows == 1 for tree in grove)
