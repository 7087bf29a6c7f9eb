from itertools import permutations

import pytest

from gen.taxonomy.labels import Circumstance, Label, worst


def test_worst_is_the_most_severe_in_any_order():
    for labels in permutations(Label):
        assert worst(labels) is Label.MALICIOUS
    assert worst([Label.SENSITIVE, Label.BENIGN]) is Label.SENSITIVE
    assert worst([Label.BENIGN, Label.SENSITIVE]) is Label.SENSITIVE


def test_nothing_at_all_is_benign():
    assert worst([]) is Label.BENIGN


def test_circumstances_number_the_mixed_cases():
    assert [c.case for c in Circumstance][1:] == [f"M{n:02}" for n in range(1, 53)]
    assert Circumstance.PLAIN.case == ""


@pytest.mark.parametrize(
    ("name", "case"),
    [
        ("delegated_out_of_scope_step", "M07"),
        ("tool_moved", "M17"),
        ("answered_yes", "M21"),
        ("never_ask_again", "M31"),
        ("own_secret", "M40"),
        ("emergency", "M52"),
    ],
)
def test_circumstance_keeps_its_number(name, case):
    assert Circumstance(name).case == case
