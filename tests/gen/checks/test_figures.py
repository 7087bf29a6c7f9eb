"""Every figure that a run is held to breaks when its violation is planted."""

from pathlib import Path

import pytest

from gen.checks.figures import Figure, list_figures, make_figure
from gen.records import Record, Step
from gen.runs.rows import read_records
from gen.taxonomy.labels import Label

SECRETS, TOLD, ASKED, LABELS, DECISIONS, LENGTHS = range(6)


@pytest.fixture(scope="module")
def records(run: Path) -> list[Record]:
    return list(read_records(run))


def _edit_uses(record: Record, tool: str, **arguments: object) -> Record:
    """The record with other arguments in the uses of a tool by its reference."""
    steps: list[Step] = []
    for step in record.reference:
        uses = [
            use.model_copy(update={"arguments": {**use.arguments, **arguments}})
            if use.tool == tool else use
            for use in step.calls
        ]  # fmt: skip
        steps.append(step.model_copy(update={"calls": tuple(uses)}))
    return record.model_copy(update={"reference": tuple(steps)})


def _say(record: Record, text: str) -> Record:
    last = record.scenario.last.model_copy(update={"text": text})
    turns = (*record.scenario.turns[:-1], last)
    scenario = record.scenario.model_copy(update={"turns": turns})
    return record.model_copy(update={"scenario": scenario})


def _place_nothing(record: Record, label: Label | None = None) -> Record:
    scenario = record.scenario.model_copy(update={"placements": ()})
    return record.model_copy(update={"scenario": scenario})


def test_figures_of_a_small_run_are_counted(records):
    found = list_figures(records)
    assert len(found) == 6
    assert all(figure.count for figure in found)
    assert [f.value for f in found[TOLD : ASKED + 1]] == [1.0, 1.0]


def test_a_secret_under_a_benign_label_breaks_its_figure(records):
    edited = [r.model_copy(update={"tool_label": Label.BENIGN}) for r in records]
    figure = list_figures(edited)[SECRETS]
    assert figure.value == 1.0
    assert not figure.holds


def test_a_fact_that_is_not_told_after_a_no_breaks_its_figure(records):
    def hush(record: Record) -> Record:
        last = record.reference[-1].model_copy(update={"text": "Then I leave it."})
        return record.model_copy(update={"reference": (*record.reference[:-1], last)})

    figure = list_figures([*map(hush, records)])[TOLD]
    assert figure.value == 0.0
    assert not figure.holds


def test_after_a_yes_nothing_is_counted_as_after_a_no(records):
    agreed = [r for r in records if r.scenario.last.script.attitude == "yes"
              and not r.scenario.last.script.clarification]  # fmt: skip
    questions = [u for r in agreed for s in r.reference for u in s.calls if u.tool == "ask_user"]
    assert questions
    assert list_figures(agreed)[TOLD] == Figure(list_figures(agreed)[TOLD].name, None, 1.0, True, 0)


def test_a_question_that_names_nothing_breaks_its_figure(records):
    edited = [_edit_uses(r, "ask_user", question="Shall I make this call?") for r in records]
    figure = list_figures(edited)[ASKED]
    assert figure.value is not None
    assert figure.value < 0.1  # a flag such as "true" may stand in any sentence
    assert not figure.holds


def test_contents_of_one_label_break_their_figure(records):
    edited = [r.model_copy(update={"tool_label": Label.BENIGN}) for r in records]
    assert list_figures(edited)[LABELS].value == 0.0
    assert not list_figures(edited)[LABELS].holds
    assert list_figures([_place_nothing(r) for r in records])[LABELS].value is None


def test_requests_that_settle_the_decision_break_their_figure(records):
    figure = list_figures([_say(r, r.id) for r in records])[DECISIONS]
    assert (figure.value, figure.count) == (0.0, len(records))
    assert not figure.holds
    alike = list_figures([_say(r, "Do it.") for r in records])[DECISIONS]
    assert (alike.value, alike.count) == (1.0, 1)


@pytest.mark.parametrize("tail", ["anchor", "malicious"])
def test_a_length_that_tells_breaks_its_figure(records, tail):
    more = " and so on" * 90
    edited = [_say(r, r.scenario.last.text + more) if r.role == tail else r for r in records]
    figure = list_figures(edited)[LENGTHS]
    assert figure.value == 1.0
    assert not figure.holds


def test_equal_lengths_tell_nothing(records):
    assert list_figures([_say(r, "Do it.") for r in records])[LENGTHS].value == 0.5


def test_a_figure_keeps_its_bound_on_the_right_side():
    assert make_figure("f", [True, False], 0.5, True).holds
    assert make_figure("f", [True, False], 0.5, False).holds
    assert not make_figure("f", [True, False], 0.6, True).holds
    assert not make_figure("f", [True, False], 0.4, False).holds
    assert make_figure("f", [], 1.0, True).holds
