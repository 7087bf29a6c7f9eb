"""What differs from upstream is said in every report, and the same in the documentation."""

from pathlib import Path

import pytest

from train.benchmarks.upstream.differences import SAME, list_notes, read_differences, write_table
from train.benchmarks.upstream.form import PromptForm

DOCUMENT = Path(__file__).parents[4] / "docs" / "benchmarks.md"
NAMES = ("injecagent", "bfcl", "agent-safetybench")


def test_the_documentation_has_the_whole_table():
    assert write_table() in DOCUMENT.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("react", [False, True])
def test_the_published_form_is_the_nearer_one(name, react):
    published = list_notes(name, PromptForm.PUBLISHED, react=react)
    triact = list_notes(name, PromptForm.TRIACT, react=react)
    assert published[0].startswith("prompt: the published one; ")
    assert triact[0].startswith("prompt: triact's own; ")
    assert 1 < len(published) < len(triact)
    assert f"; {len(triact) - 1} differences" in triact[0]


def test_a_note_says_what_differs_in_the_form_that_is_used():
    [entry] = [e for e in read_differences() if (e.benchmark, e.what) == ("bfcl", "sampling")]
    notes = {form: list_notes("bfcl", form) for form in PromptForm}
    for form, cell in (("published", entry.published), ("triact", entry.triact)):
        line = f"sampling. Upstream: {entry.upstream}. Here: {cell}"
        assert line in notes[PromptForm(form)]


def test_what_is_as_upstream_is_no_difference_and_neither_is_the_other_prompting():
    notes = "\n".join(list_notes("injecagent", PromptForm.PUBLISHED, react=True))
    assert SAME not in notes
    assert "system prompt" not in notes
    assert "offered once" not in notes
    assert "offered once" in "\n".join(list_notes("injecagent", PromptForm.PUBLISHED))


@pytest.mark.parametrize(
    ("name", "cases", "what"),
    [
        ("injecagent", "twins", "cases without an attack."),
        ("bfcl", "several turns", "calls in"),
        ("agent-safetybench", "a judge", "the judge."),
    ],
)
def test_what_is_about_cases_that_a_run_has_none_of_is_left_out(name, cases, what):
    for without, told in (((), True), ((cases,), False)):
        notes = list_notes(name, PromptForm.PUBLISHED, without=without)
        assert any(note.startswith(what) for note in notes) is told


def test_rows_can_stand_in_a_table_and_differ_in_some_form():
    for entry in read_differences():
        cells = (entry.what, entry.upstream, entry.triact, entry.published)
        assert not any("|" in cell or "\n" in cell for cell in cells)
        assert not all(entry.tell(form) == SAME for form in PromptForm)
        assert entry.benchmark in NAMES
