"""A part that gives its label away is found out; one that does not is not."""

from random import Random

import pytest

from gen.labels import Label
from gen.records import Record, Scenario
from gen.runs.rows import read_records
from tool_catalog.errors import BadRun
from train.audits.shortcuts import PARTS, measure_part, measure_shortcuts

REQUEST = PARTS[0]
WORDS = "please look read write send note total mail list day week page line word".split()


def _say(scenario: Scenario, text: str) -> Scenario:
    last = scenario.last.model_copy(update={"text": text})
    return scenario.model_copy(update={"turns": (*scenario.turns[:-1], last)})


def _make(record: Record, number: int, label: Label, text: str, generator: str) -> Record:
    return record.model_copy(
        update={
            "contrast_set_id": f"s{number}",
            "user_label": label,
            "scenario": _say(record.scenario, text),
            "provenance": record.provenance.model_copy(update={"generator": generator}),
        }
    )


def _make_sets(record: Record, telling: bool, generator: str = "template") -> list[Record]:
    """Sets of two labels; with a word that tells them apart, or without."""
    dice = Random(generator)
    made = []
    for number in range(40):
        for label in (Label.BENIGN, Label.MALICIOUS):
            text = " ".join(dice.choices(WORDS, k=8))
            if telling and label is Label.MALICIOUS:
                text += " secretly"
            made.append(_make(record, number, label, text, generator))
    return made


@pytest.fixture(scope="module")
def record(run) -> Record:
    return next(iter(read_records(run)))


def test_a_word_that_tells_the_label_is_found(record):
    assert measure_part(REQUEST, _make_sets(record, telling=True)) == pytest.approx(1.0)


def test_words_that_tell_nothing_are_near_chance(record):
    found = measure_part(REQUEST, _make_sets(record, telling=False))
    assert found is not None
    assert 0.3 < found < 0.7


def test_writers_are_measured_apart(record):
    records = _make_sets(record, telling=False) + _make_sets(record, True, generator="m")
    counts, leaks = measure_shortcuts(records)
    assert counts == {"template": 40, "m": 40}
    assert leaks[0].auc["m"] == pytest.approx(1.0)
    assert leaks[0].auc["template"] < 0.7


def test_too_few_sets_or_one_label_give_no_figure(record):
    records = _make_sets(record, telling=True)
    assert measure_part(REQUEST, records[:10]) is None
    assert measure_part(REQUEST, [r for r in records if r.user_label is Label.BENIGN]) is None


def test_every_part_is_measured_and_its_bound_is_that_of_the_taxonomy(run):
    counts, leaks = measure_shortcuts(read_records(run))
    assert set(counts) == {"template"}
    assert [leak.part.bound for leak in leaks] == [0.70, 0.70, 0.55, 0.55, 0.55]


def test_a_run_without_records_is_a_mistake():
    with pytest.raises(BadRun, match="no records"):
        measure_shortcuts([])
