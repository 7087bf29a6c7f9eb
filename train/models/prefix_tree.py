"""Token sequences as a tree: what several of them begin with is held, and computed, once.

The members of a contrast set share the operator's message, the tools, mostly the request, and all
that happens until they part; the episodes of a group share their prompt. As rows of a batch all of
that is computed again for each.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

Weighed = tuple[Sequence[int], Sequence[float]]
"""Tokens, and for each how much it counts in what is learned: 0 for what is only read."""


@dataclass(slots=True)
class Node:
    """Tokens that the same rows share, in one piece."""

    start: int
    """Where its tokens stand among the tree's."""
    stop: int
    parent: int
    """The node that it goes on from; -1 for the first."""


@dataclass(slots=True)
class PrefixTree:
    """Rows with their common beginnings joined.

    A node's tokens follow those of its parent, and nodes stand behind their parents. For
    every place whose next token is learned there is one target a next token: rows that part have
    several.
    """

    tokens: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    """Of every token in its row."""
    nodes: list[Node] = field(default_factory=list)
    sources: list[int] = field(default_factory=list)
    """Of every target: the place that it is foretold from."""
    targets: list[int] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    rows: int = 0

    def path(self, node: int) -> list[int]:
        """A node and those before it, the first one first."""
        found = [node]
        while (parent := self.nodes[found[-1]].parent) >= 0:
            found.append(parent)
        return found[::-1]


def plant(rows: Sequence[Weighed], *, once: bool) -> PrefixTree:
    """The tree of some rows.

    Args:
        rows: of which none is empty.
        once: whether what several rows share is learned once; else once for each of them, which is
            what training on the rows themselves does.
    """
    tree = PrefixTree(rows=len(rows))
    _grow(tree, sorted(rows, key=lambda row: tuple(row[0])), 0, -1, once)
    return tree


def _grow(tree: PrefixTree, rows: Sequence[Weighed], depth: int, parent: int, once: bool) -> None:
    """Add what these rows, which are alike up to `depth`, go on with."""
    start, first, last = depth, rows[0][0], rows[-1][0]
    while depth < len(first) and depth < len(last) and first[depth] == last[depth]:
        _add(tree, rows, depth, parent if depth == start else len(tree.nodes), once)
        depth += 1
    if depth > start:
        stop = len(tree.tokens)
        tree.nodes.append(Node(stop - depth + start, stop, parent))
        parent = len(tree.nodes) - 1
    rest = [row for row in rows if len(row[0]) > depth]
    while rest:
        token = rest[0][0][depth]
        alike = [row for row in rest if row[0][depth] == token]
        _grow(tree, alike, depth, parent, once)
        rest = rest[len(alike) :]


def _add(tree: PrefixTree, rows: Sequence[Weighed], depth: int, before: int, once: bool) -> None:
    """A token that all these rows have at a depth, and what is to be learned of it."""
    counts = [row[1][depth] for row in rows]
    weight = max(counts) if once else sum(counts)
    if weight > 0 and depth > 0:
        new = before == len(tree.nodes)  # of the node that is being added
        tree.sources.append(len(tree.tokens) - 1 if new else tree.nodes[before].stop - 1)
        tree.targets.append(rows[0][0][depth])
        tree.weights.append(weight)
    tree.tokens.append(rows[0][0][depth])
    tree.positions.append(depth)


def locate(tree: PrefixTree, row: Sequence[int]) -> list[int]:
    """Where each token of a row stands among the tree's; nothing when it is none of its rows."""
    children = {
        (node.parent, tree.tokens[node.start]): number for number, node in enumerate(tree.nodes)
    }
    places: list[int] = []
    number = -1
    while len(places) < len(row):
        number = children.get((number, row[len(places)]), -1)
        if number < 0:
            return []
        node = tree.nodes[number]
        stop = len(places) + node.stop - node.start
        if tree.tokens[node.start : node.stop] != list(row[len(places) : stop]):
            return []
        places += range(node.start, node.stop)
    return places


def plant_grove(rows: Sequence[Weighed], budget: int, *, once: bool) -> list[PrefixTree]:
    """Trees of at most `budget` tokens each; a row that is longer has one of its own.

    Args:
        rows: those that may share something, as of one contrast set.
        budget: tokens of a tree.
        once: see `plant`.
    """
    ordered = sorted(rows, key=lambda row: tuple(row[0]))
    groups: list[list[Weighed]] = []
    size = 0
    for row in ordered:
        shared = _count_shared(groups[-1][-1][0], row[0]) if groups else 0
        if groups and size + len(row[0]) - shared <= budget:
            groups[-1].append(row)
            size += len(row[0]) - shared
        else:
            groups.append([row])
            size = len(row[0])
    return [plant(group, once=once) for group in groups]


def _count_shared(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens two rows begin alike with."""
    for place, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return place
    return min(len(one), len(other))
