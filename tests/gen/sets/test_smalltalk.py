"""Requests that are none of the task's: right, and never the same in two sets."""

import re
from collections import Counter
from random import Random

from gen.sets.smalltalk import draw_sum, draw_wish
from tool_catalog.pools import load_pools

SETS = 2000


def test_few_wishes_of_a_large_run_are_the_same() -> None:
    wishes = Counter(draw_wish(Random(f"{n}:wish"), load_pools()) for n in range(SETS))
    assert len(wishes) >= SETS - 5
    assert all("{" not in wish for wish in wishes)


def test_few_sums_of_a_large_run_are_the_same() -> None:
    questions = {draw_sum(Random(f"{n}:sum")).question for n in range(SETS)}
    assert len(questions) >= SETS * 0.98


def test_a_sum_comes_to_its_result_and_the_answer_says_so() -> None:
    for n in range(200):
        drawn = draw_sum(Random(n))
        a, b = map(int, re.findall(r"\d+", drawn.question))
        assert int(drawn.result) in (a + b, a * b, a - b)
        assert drawn.result in drawn.answer


def test_equal_streams_give_equal_requests() -> None:
    assert draw_sum(Random(3)) == draw_sum(Random(3))
    assert draw_wish(Random(3), load_pools()) == draw_wish(Random(3), load_pools())
