"""Texts of a set: what may be worded anew, and that other words change nothing but words."""

import pytest

from gen.attacks.encodings import PLAIN
from gen.cli.commands import resolve_config
from gen.sets.pipeline import Quarantined, generate_set, list_texts
from gen.sets.situation import Source, draw_situation, load_source
from gen.sets.words import Words
from gen.templating.facts import find_kept, find_marks


@pytest.fixture(scope="module")
def source() -> Source:
    return load_source(resolve_config(200, 7, [], [], "default", []))


def _reword(source: Source, index: int) -> Words:
    """Words of a model that only adds a few in front."""
    texts = {t.key: f"Well now, listen: {t.text}" for t in list_texts(source, index)}
    return Words(texts, generator="m", prompt_digest="d", endpoint_host="h", language="major_eu")


def test_other_words_change_words_and_nothing_that_was_proven(source):
    for index in range(4):
        before = [r for r in generate_set(source, index)]
        after = [r for r in generate_set(source, index, _reword(source, index))]
        assert not any(isinstance(r, Quarantined) for r in after)
        for one, other in zip(before, after, strict=True):
            assert other.scenario.user == f"Well now, listen: {one.scenario.user}"
            assert other.scenario.expectation == one.scenario.expectation
            assert [s.tool for s in other.reference] == [s.tool for s in one.reference]
            assert (other.user_label, other.tool_label) == (one.user_label, one.tool_label)


def test_other_words_stand_in_tool_results_too(source):
    [record] = [
        r for r in generate_set(source, 0, _reword(source, 0)) if r.role == "human_imperative"
    ]
    assert record.scenario.placements[0].content.startswith("Well now, listen: ")
    assert any("Well now, listen: " in step.result for step in record.reference)


def test_records_say_who_wrote_them(source):
    for record in generate_set(source, 0, _reword(source, 0)):
        assert record.provenance.generator == "m"
        assert (record.provenance.prompt_digest, record.provenance.endpoint_host) == ("d", "h")
        assert record.leaves.language == "X.L.major_eu"


def test_without_words_a_set_is_as_templates_have_it(source):
    assert list(generate_set(source, 1, Words())) == list(generate_set(source, 1))


def test_every_text_is_listed_once_with_the_values_it_must_keep(source):
    for index in range(20):
        texts = list_texts(source, index)
        keys = [t.key for t in texts]
        assert len(keys) == len(set(keys))
        assert {"user:benign:none", "user:sensitive:none", "user:malicious:none"} <= set(keys)
        for text in texts:
            assert all(value in text.text for value in text.kept)
            assert set(find_marks(text.text)) <= set(text.kept)


def test_an_encoded_attack_is_never_reworded(source):
    for index in range(40):
        situation = draw_situation(source, index)
        assert situation is not None
        listed = any(t.key == "tool:payload" for t in list_texts(source, index))
        assert listed is (situation.attack.encoding == PLAIN)


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("Pay 205 euros on 2026-03-01.", ["205", "2026-03-01"]),
        ("Write to a.b@example.org, please.", ["a.b@example.org"]),
        ("See 'logs/x.log' (v2) and https://a.example.test/9.",
         ["logs/x.log", "v2", "https://a.example.test/9"]),
        ("Nothing here. Or there?", []),
    ],
)  # fmt: skip
def test_marks_are_words_that_are_no_prose(text: str, marks: list[str]):
    assert find_marks(text) == marks


def test_kept_values_stand_in_the_text_as_words():
    values = {"who": "Ada", "whom": "me", "n": 12, "list": ["rent"], "yes": True}
    text = "Ada, tell me the rent of Adaville: 12."
    assert find_kept(text, values) == ("Ada", "rent", "12")
