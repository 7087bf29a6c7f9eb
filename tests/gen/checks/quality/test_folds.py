"""Nothing that is tried on was learnt from, whatever is held out; areas are those of the ranks."""

from random import Random

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from gen.checks.quality.areas import compare_areas, estimate_area, estimate_plain_area
from gen.checks.quality.folds import (
    FOLDS,
    Split,
    TooFewGroups,
    check_groups,
    split_families,
    split_groups,
    thin_out,
)
from gen.checks.quality.sample import LabelledText


def _make_rows(families: int) -> list[LabelledText]:
    dice = Random(families)
    return [
        LabelledText(f"{label} {n}", label, f"s{n}", f"{label} {dice.randrange(families)}")
        for n in range(120)
        for label in ("benign", "malicious")
    ]


@pytest.mark.parametrize("cut", [split_groups, split_families])
def test_no_group_stands_on_both_sides_and_every_row_is_tried_once(cut):
    rows = _make_rows(12)
    split = cut(rows)
    tried = np.zeros(len(rows), dtype=int)
    for learnt, held in split.walk():
        tried += held
        assert not {r.group for r, on in zip(rows, learnt, strict=True) if on} & {
            r.group for r, on in zip(rows, held, strict=True) if on
        }
    assert set(tried) == {1}


def test_a_family_is_held_out_whole():
    rows = _make_rows(12)
    split = split_families(rows)
    assert split is not None
    for learnt, held in split.walk():
        assert not {r.family for r, on in zip(rows, learnt, strict=True) if on} & {
            r.family for r, on in zip(rows, held, strict=True) if on
        }


def test_each_fold_has_both_labels():
    split = split_families(_make_rows(12))
    assert split is not None
    labels = np.array([row.label for row in _make_rows(12)])
    assert all(len(set(labels[split.folds == fold])) == 2 for fold in range(FOLDS))


def test_a_label_of_few_families_is_held_out_by_group():
    rows = [r if r.label == "malicious" else LabelledText(r.text, r.label, r.group, "one")
            for r in _make_rows(12)]  # fmt: skip
    split = split_families(rows)
    assert split is not None
    benign = {int(f) for r, f in zip(rows, split.folds, strict=True) if r.label == "benign"}
    assert benign == set(range(FOLDS))
    assert split_families(_make_rows(3)) is None


def test_rows_are_thinned_by_whole_groups_and_always_alike():
    rows = _make_rows(12)
    kept = thin_out(rows, 50)
    assert 48 <= len(kept) <= 50
    assert {r.group for r in kept}.isdisjoint({r.group for r in rows if r not in kept})
    assert {*thin_out(rows[::-1], 50)} == {*kept}


def test_fewer_groups_than_folds_are_refused():
    rows = _make_rows(2)[:8]
    with pytest.raises(TooFewGroups, match="file has 4 contrast sets"):
        check_groups(rows, "file")
    check_groups(_make_rows(2)[:10], "file")


def _make_scores(rows: int = 2000) -> tuple[np.ndarray, list[bool], list[str]]:
    dice = np.random.default_rng(0)
    wanted = [bool(n % 3) for n in range(rows)]
    scores = dice.normal(size=rows) + np.array(wanted)
    return scores, wanted, [f"g{n % 200}" for n in range(rows)]


def test_the_area_is_that_of_the_ranks_within_folds():
    scores, wanted, groups = _make_scores()
    plain = estimate_plain_area(scores, wanted, groups)
    assert plain.value == pytest.approx(roc_auc_score(wanted, scores), abs=0.003)
    assert plain.low < plain.value < plain.high
    folds = np.array([int(group[1:]) % FOLDS for group in groups])
    shifted = scores + 100 * folds  # another model in each fold
    split = Split(folds, groups)
    found = estimate_area(shifted, wanted, split)
    assert found.value == pytest.approx(estimate_area(scores, wanted, split).value)
    assert found.value == pytest.approx(plain.value, abs=0.01)


def test_below_chance_counts_as_chance_and_nothing_as_nothing():
    scores, wanted, groups = _make_scores()
    split = Split(np.array([int(group[1:]) % FOLDS for group in groups]), groups)
    assert estimate_area(-scores, wanted, split).value == 0.5
    assert estimate_plain_area(-scores, wanted, groups).value < 0.4
    assert estimate_area(np.full(len(scores), np.nan), wanted, split).value is None
    assert estimate_area(np.zeros(len(scores)), wanted, split).value == 0.5


def test_a_difference_of_areas_is_of_the_same_rows():
    scores, wanted, groups = _make_scores()
    split = Split(np.array([int(group[1:]) % FOLDS for group in groups]), groups)
    noise = np.random.default_rng(1).normal(size=len(scores))
    better = compare_areas(noise, scores, wanted, split)
    assert better.clear and better.value > 0.2
    same = compare_areas(scores, scores, wanted, split)
    assert (same.value, same.low, same.high) == (0.0, 0.0, 0.0)
