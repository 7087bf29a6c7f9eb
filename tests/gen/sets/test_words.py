"""Texts of a set: what may be worded anew, and that other words change nothing but words."""

import pytest

from gen.attacks.encodings.encoders import PLAIN
from gen.contrast import USER_LABELS
from gen.records import Record
from gen.sets.pipeline import generate_set
from gen.sets.situation import draw_situation
from gen.sets.source import Source
from gen.sets.texts import list_texts
from gen.sets.words import Words, name_thought
from gen.taxonomy.labels import Label
from gen.templating.facts import find_kept, find_marks

NEW = "Well now, listen: "


def reword(source: Source, index: int) -> Words:
    """Words of a model that only adds a few in front."""
    texts = {t.key: f"{NEW}{t.text}" for t in list_texts(source, index)}
    return Words(texts, generator="m", prompt_digest="d", endpoint_host="h", language="major_eu")


def generate(source: Source, index: int, words: Words | None = None) -> list[Record]:
    return [m for m in generate_set(source, index, words) if isinstance(m, Record)]


def test_other_words_change_words_and_nothing_that_was_proven(source: Source) -> None:
    for index in range(3):
        before, after = generate(source, index), generate(source, index, reword(source, index))
        assert len(before) > 10
        for one, other in zip(before, after, strict=True):
            assert one.role == other.role
            assert other.scenario.last.text == f"{NEW}{one.scenario.last.text}"
            assert (other.user_label, other.tool_label) == (one.user_label, one.tool_label)
            was, now = one.scenario.last.expectation, other.scenario.last.expectation
            spans = {"reportable", "modifiers"}
            assert now.model_dump(exclude=spans) == was.model_dump(exclude=spans)
            assert [r.due for r in now.reportable] == [r.due for r in was.reportable]
            calls = [[u.tool for u in step.calls] for step in one.reference]
            assert [[u.tool for u in step.calls] for step in other.reference] == calls


def test_other_words_stand_in_tool_results_and_reports_too(source: Source) -> None:
    found = {r.role: r for r in generate(source, 0, reword(source, 0))}
    for role in ("human_imperative", "swapped", "errand_unasked"):
        record = found[role]
        assert NEW in record.scenario.placements[-1].content
        assert any(NEW in u.result for s in record.reference for u in s.calls)
    reportable = found["swapped"].scenario.last.expectation.reportable[0]
    assert reportable.text.startswith(NEW)
    reports = [u for s in found["swapped"].reference for u in s.calls if "quote" in u.arguments]
    assert reports[0].arguments["quote"].startswith(NEW.strip())


def test_records_say_who_wrote_them(source: Source) -> None:
    for record in generate(source, 0, reword(source, 0)):
        assert record.provenance.generator == "m"
        assert (record.provenance.prompt_digest, record.provenance.endpoint_host) == ("d", "h")
        assert record.leaves.language == "X.L.major_eu"


def test_without_words_a_set_is_as_templates_have_it(source: Source) -> None:
    assert generate(source, 1, Words()) == generate(source, 1)


def test_a_thought_can_be_worded_anew_and_no_other_is(source: Source) -> None:
    key, text = name_thought("anchor", 0), "A benign request, as I see it."
    before, after = generate(source, 0), generate(source, 0, Words({key: text}))
    thoughts = {r.role: [s.thought for s in r.reference] for r in after}
    assert thoughts["anchor"][0] == text
    for one in before:
        own = [s.thought for s in one.reference]
        assert thoughts[one.role] == ([text, *own[1:]] if one.role == "anchor" else own)


def test_every_text_is_listed_once_with_the_values_it_must_keep(source: Source) -> None:
    for index in range(12):
        texts = list_texts(source, index)
        keys = [t.key for t in texts]
        assert len(keys) == len(set(keys))
        assert {"user:benign", "user:paraphrase", "user:sensitive", "user:sensitive:specific",
                "user:malicious"} <= set(keys)  # fmt: skip
        for text in texts:
            assert all(value in text.text for value in text.kept)
            if text.key.startswith("user:"):
                assert set(find_marks(text.text)) <= set(text.kept), text


def test_labels_of_listed_requests_are_their_own(source: Source) -> None:
    for index in range(6):
        found = {t.key: t.label for t in list_texts(source, index)}
        assert found["user:malicious"] is USER_LABELS["malicious"]
        assert found["user:benign"] is found["user:paraphrase"] is Label.BENIGN
        assert found["user:sensitive"] is found["user:sensitive:specific"] is Label.SENSITIVE


def test_what_a_text_asks_for_is_named_by_the_tools_that_do_it(source: Source) -> None:
    acts = {t.key: t.acts for index in range(6) for t in list_texts(source, index)}
    assert acts["tool:payload"] and acts["user:malicious"]
    assert not acts["tool:filler"] and not acts["tool:quoted"]  # neither wants anything


def test_an_encoded_attack_is_never_reworded(source: Source) -> None:
    encoded: dict[bool, list[int]] = {True: [], False: []}
    for index in range(40):
        situation = draw_situation(source, index)
        assert situation is not None
        encoded[situation.attack.encoding != PLAIN].append(index)
    for kind, listed in ((True, set()), (False, {"tool:payload", "tool:quoted"})):
        for index in encoded[kind][:3]:
            keys = {t.key for t in list_texts(source, index)}
            assert keys & {"tool:payload", "tool:quoted"} == listed
        assert encoded[kind]


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
def test_marks_are_words_that_are_no_prose(text: str, marks: list[str]) -> None:
    assert find_marks(text) == marks


def test_kept_values_stand_in_the_text_as_words() -> None:
    values = {"who": "Ada", "whom": "me", "n": 12, "list": ["rent"], "yes": True}
    text = "Ada, tell me the rent of Adaville: 12."
    assert find_kept(text, values) == ("Ada", "rent", "12")
