"""Totals against means made by hand."""

import pytest

from train.benchmarks.bfcl.cases import Category
from train.benchmarks.bfcl.totals import WEIGHTS, CategoryTally, Segment, total

ALL = {category: CategoryTally(1, 2) for category in Category}


def test_weights_are_those_of_version_4():
    assert list(WEIGHTS.values()) == [0.1, 0.1, 0.1, 0.3, 0.4]
    assert sum(WEIGHTS.values()) == pytest.approx(1)


def test_a_total_needs_every_segment():
    totals = total(ALL)
    assert totals.missing == ()
    assert totals.overall == pytest.approx(0.5)
    assert set(totals.segments.values()) == {0.5}


def test_without_a_segment_there_is_no_total_and_it_is_named():
    single = {name: tally for name, tally in ALL.items() if not name.startswith("multi_turn")}
    totals = total(single)
    assert totals.overall is None
    assert totals.missing == (Segment.MULTI_TURN,)
    assert totals.segments[Segment.MULTI_TURN] is None
    assert totals.segments[Segment.LIVE] == 0.5


@pytest.mark.parametrize("category", sorted(set(Category) - {Category.LIVE_RELEVANCE}))
def test_a_segment_needs_every_category(category):
    totals = total({**ALL, category: CategoryTally(0, 0)})
    assert totals.overall is None
    assert len(totals.missing) == 1
    assert category not in totals.categories


def test_relevance_is_reported_and_in_no_segment():
    totals = total({**ALL, Category.LIVE_RELEVANCE: CategoryTally(0, 2)})
    assert totals.categories[Category.LIVE_RELEVANCE].share == 0
    assert totals.overall == pytest.approx(0.5)


def test_non_live_takes_the_languages_of_simple_as_one():
    tallies = {
        **ALL,
        Category.SIMPLE_PYTHON: CategoryTally(400, 400),
        Category.SIMPLE_JAVA: CategoryTally(0, 1),
        Category.SIMPLE_JAVASCRIPT: CategoryTally(1, 2),
        Category.PARALLEL: CategoryTally(1, 1),
    }
    # simple (1 + 0 + 1/2) / 3, then multiple 1/2, parallel 1, parallel_multiple 1/2
    found = total(tallies).segments[Segment.NON_LIVE]
    assert found == pytest.approx((0.5 + 0.5 + 1 + 0.5) / 4)


def test_live_weighs_every_case_the_same():
    tallies = {**ALL, Category.LIVE_MULTIPLE: CategoryTally(94, 94)}
    assert total(tallies).segments[Segment.LIVE] == pytest.approx((3 + 94) / 100)


def test_irrelevance_weighs_both_parts_the_same():
    tallies = {**ALL, Category.LIVE_IRRELEVANCE: CategoryTally(900, 900)}
    assert total(tallies).segments[Segment.IRRELEVANCE] == pytest.approx(0.75)


def test_agentic_weighs_search_and_memory_the_same():
    tallies = {**ALL, Category.MEMORY_KV: CategoryTally(2, 2)}
    # search 1/2, memory (1 + 1/2 + 1/2) / 3
    assert total(tallies).segments[Segment.AGENTIC] == pytest.approx((1 / 2 + 2 / 3) / 2)


def test_nothing_run_is_no_zero():
    totals = total({})
    assert totals.overall is None
    assert set(totals.segments.values()) == {None}
    assert totals.missing == tuple(Segment)
