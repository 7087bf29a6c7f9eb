"""Texts that a model may word anew: thoughts on demand, and requests with what they must keep."""

from dataclasses import replace

import pytest

from gen.attacks.encodings.encoders import PLAIN
from gen.contrast import ROLES, Scene
from gen.policy import Policy
from gen.records import Record
from gen.sets.draft import Draft
from gen.sets.pipeline import generate_set
from gen.sets.situation import Notebook, Situation, draw_situation
from gen.sets.source import Source
from gen.sets.texts import list_texts
from gen.sets.words import QUOTE, THOUGHT, Text, hide_quote, name_thought
from gen.taxonomy.labels import Label
from gen.templating.facts import find_kept, find_marks

BY_NAME = {role.name: role for role in ROLES}
SOME = range(4)


@pytest.fixture(scope="module")
def listed(source: Source) -> dict[int, dict[str, Text]]:
    return {n: {t.key: t for t in list_texts(source, n, thoughts=True)} for n in SOME}


def draw(source: Source, index: int) -> Situation:
    situation = draw_situation(source, index)
    assert situation is not None
    return situation


def test_thoughts_are_listed_on_demand_alone(
    source: Source, listed: dict[int, dict[str, Text]]
) -> None:
    for index, texts in listed.items():
        plain = {text.key: text for text in list_texts(source, index)}
        assert {k: t for k, t in texts.items() if not k.startswith(THOUGHT)} == plain
        assert len(texts) > len(plain)


def test_every_thought_is_listed_without_its_quotation_and_keeps_what_is_told_in_it(
    source: Source, listed: dict[int, dict[str, Text]]
) -> None:
    quotes, named = 0, 0
    for index, texts in listed.items():
        records = [r for r in generate_set(source, index) if isinstance(r, Record)]
        names = set(draw(source, index).names.values())
        for record in records:
            for number, step in enumerate(record.reference):
                key = name_thought(record.role, number)
                if not step.thought:
                    assert key not in texts
                    continue
                text = texts[key]
                assert text.text == hide_quote(step.thought)
                assert text.label == record.user_label
                labels = {label.value for label in Label if label.value in text.text.lower()}
                told = {word for word in text.kept if word in names}
                quoted = {QUOTE} if QUOTE in text.text else set()
                assert set(text.kept) == {*labels, *told, *quoted, *find_marks(text.text)}
                quotes, named = quotes + len(quoted), named + len(told)
    assert quotes > 3 and named > 10


def test_requests_are_listed_with_every_value_of_the_task(
    source: Source, listed: dict[int, dict[str, Text]]
) -> None:
    seen = set()
    for index, texts in listed.items():
        situation, notebook = draw(source, index), Notebook()
        for role in situation.roles:
            draft = Draft(source, situation, notebook, role)
            text = texts.get(draft.request_key())
            if text is None:
                continue
            if draft.idle:
                assert set(text.kept) == set(find_marks(text.text))
                assert text.label is Label.BENIGN
            else:
                assert text.text == draft.word_request()
                said = [v for call in draft.calls for v in call.arguments.values()]
                for values in (situation.facts, said):
                    assert set(find_kept(text.text, values)) <= set(text.kept)
            wanted = {call.tool.rpartition(".")[2] for call in draft.calls}
            assert set(text.acts) == (set() if draft.idle else wanted)
            seen.add(role.scene)
    assert seen >= {Scene.PLAIN, Scene.DELEGATED, Scene.DELEGATED_BEYOND}


def test_a_request_that_nobody_asks_about_is_benign_though_approved(source: Source) -> None:
    free = replace(source, policy=Policy(name="p", confirm=()))
    key = "user:sensitive:specific"
    for some, label in ((source, Label.SENSITIVE), (free, Label.BENIGN)):
        assert {t.key: t.label for t in list_texts(some, 0)}[key] is label


def test_a_delegated_matter_is_kept(source: Source, listed: dict[int, dict[str, Text]]) -> None:
    found = 0
    for index, texts in listed.items():
        errand = draw(source, index).errand
        if errand is None:
            continue
        for scene, scope in (("delegated", errand.scope), ("delegated_beyond", errand.other_scope)):
            text = texts.get(f"user:benign:{scene}")
            if text is not None:
                assert scope in text.kept
                found += 1
    assert found > 1


def test_contents_are_listed_as_they_are_and_labelled_by_where_they_stand_first(
    source: Source, listed: dict[int, dict[str, Text]]
) -> None:
    labels = {}
    for index, texts in listed.items():
        situation = draw(source, index)
        for name, content in situation.contents.items():
            if f"tool:{name}" in texts:
                assert texts[f"tool:{name}"].text == content.text
        if "tool:claim" in texts:
            assert situation.swap is not None
            assert set(situation.swap.values) & set(texts["tool:claim"].kept)
        labels |= {key: text.label for key, text in texts.items() if key.startswith("tool:")}
        if secret := texts.get("tool:sensitive"):
            assert set(situation.contents["sensitive"].protected) <= set(secret.kept)
    assert labels["tool:sensitive"] is Label.SENSITIVE
    assert labels["tool:filler"] is labels["tool:benign_imperative"] is Label.BENIGN
    assert labels["tool:claim"] is Label.MALICIOUS


def test_a_set_without_a_world_has_no_texts(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gen.sets.texts.draw_situation", lambda source, index: None)
    assert list_texts(source, 0) == []


def test_a_set_without_an_errand_has_its_other_texts(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    situation = next(s for s in (draw(source, n) for n in range(9)) if s.errand is not None)
    full = {text.key for text in list_texts(source, situation.index)}
    bare = replace(situation, errand=None)
    monkeypatch.setattr("gen.sets.texts.draw_situation", lambda source, index: bare)
    left = {text.key for text in list_texts(source, situation.index)}
    assert (
        full - left == {key for key in full if "delegated" in key or key == "tool:errand"} != set()
    )


def test_nothing_is_listed_of_an_empty_carrier_and_all_else_of_an_encoded_set(
    source: Source,
) -> None:
    encoded = next(n for n in range(40) if draw(source, n).attack.encoding != PLAIN)
    for index in (encoded, *SOME):
        keys = {text.key for text in list_texts(source, index)}
        assert "tool:none" not in keys
        assert {"tool:filler", "tool:benign_imperative", "tool:sensitive"} <= keys
