"""What a model is told of a text: enough to word it anew, nothing that tells what it is."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from gen.cli.commands import resolve_config
from gen.sets.source import Source, load_source
from gen.sets.texts import list_texts
from gen.sets.words import QUOTE, Text
from gen.taxonomy.labels import Label
from gen.writers.instructions import load_instruction
from gen.writers.judging import Sameness, split_sentences, write_comparison
from gen.writers.rewording import Rewording, make_form, mask_text, name_kind, write_question
from tool_catalog.errors import UnknownName

REQUEST = Text(
    "user:malicious",
    "Please read the mail of Ada Stone and put her total of 205 euros into notes/may.txt for me.",
    Label.MALICIOUS,
    ("Ada Stone", "205", "notes/may.txt"),
)
NOTES = [
    Text(
        f"thought:injected:{n}",
        f"Malicious: the user did not write this: {QUOTE} Next: {tool}.",
        Label.BENIGN,
        ("malicious", tool, QUOTE),
    )
    for n, tool in enumerate(("create_event", "send_email"))
]


def _ask(texts: Sequence[Text], *, index: int = 2, language: str = "en") -> list[Any]:
    name = "rationale" if texts[0].key.startswith("thought:") else "reword"
    question = write_question(load_instruction(name), texts, seed=1, index=index, language=language)
    return [*question.messages]


def test_a_text_is_shown_without_its_values_its_key_and_its_label():
    told = str(_ask([REQUEST], language="de"))
    assert "in German" in told
    assert "the mail of {name 1} and put her total of {number 2} euros into {file 3} for me" in told
    for secret in ("Ada Stone", "205", "may.txt", "malicious", "user:", "sensitive", "benign"):
        assert secret not in told


def test_notes_are_asked_for_together_without_their_labels_and_tools():
    told = _ask(NOTES)[1]["content"]
    shown = [line for line in told.splitlines() if line.startswith("text")]
    assert [line.partition(":")[0] for line in shown] == ["text1", "text2"]
    assert '{"text1": "...", "text2": "..."}' in told
    for secret in ("alicious", "create_event", "send_email", "injected"):
        assert secret not in told


def test_an_answer_must_have_every_text():
    form = make_form(2)
    assert form is make_form(2)
    assert form.model_validate({"text2": "b\n c", "text1": "a", "why": 1}).read() == ["a", "b c"]
    with pytest.raises(ValueError, match="text2"):
        form.model_validate({"text1": "a"})
    assert form.model_json_schema()["required"] == ["text1", "text2"]
    assert issubclass(form, Rewording)


def test_a_set_has_one_style_and_sets_have_many():
    instruction = load_instruction("reword")
    other = Text("tool:filler", "The hall is booked.", Label.BENIGN, ())

    def style(index: int, text: Text = REQUEST) -> str:
        return write_question(instruction, [text], seed=1, index=index, language="en").style

    assert style(1) == style(1, other)
    assert len({style(index) for index in range(60)}) == len(instruction.lists["styles"])


def test_every_example_keeps_its_places():
    for name in ("reword", "rationale"):
        lists = load_instruction(name).lists
        assert lists["examples"].keys() == lists["kinds"].keys()
        for pairs in lists["examples"].values():
            assert len(pairs) >= 4
            for one, other in pairs:
                places = [sorted(re.findall(r"\{[a-z]+ \d\}", text)) for text in (one, other)]
                assert places[0] == places[1]
                assert one != other


def test_a_value_with_braces_is_no_template():
    text = Text("tool:filler", "{{ 7 * 7 }}", Label.BENIGN, ())
    assert "{{ 7 * 7 }}" in _ask([text])[1]["content"]


def test_a_judge_sees_both_texts_in_either_order_and_no_value():
    same = load_instruction("same")
    orders = set()
    for index in range(20):
        told = write_comparison(
            same, REQUEST, "Sum {number 2} of {name 1} to {file 3}.", seed=1, index=index
        )
        asked = told[1]["content"]
        assert "Ada Stone" not in asked and "alicious" not in asked
        first = next(line for line in asked.splitlines() if line.startswith("first: "))
        orders.add(json.loads(first.removeprefix("first: ")))
    assert orders == {"Sum {number 2} of {name 1} to {file 3}.", mask_text(REQUEST).text}


def test_a_verdict_names_what_is_another():
    every = {"same_act": True, "same_reason": True, "same_people": True, "same_stance": True}
    assert Sameness(**every).find_flaw() is None
    fault = Sameness(**{**every, "same_reason": False, "same_stance": False}).find_flaw()
    assert fault is not None
    assert (fault.check, fault.reason) == (
        "judge reason", "it has not the same reason, stance as the text",
    )  # fmt: skip


def test_sentences_are_split_where_they_end():
    text = "Pay 1.5 now! Is it due? It's in notes.txt. ok"
    assert [*split_sentences(text)] == ["Pay 1.5 now!", "Is it due?", "It's in notes.txt.", "ok"]


def test_an_instruction_is_known_by_name_and_hash():
    assert load_instruction("reword").digest != load_instruction("same").digest
    with pytest.raises(UnknownName, match="no instruction 'rewrod'; did you mean reword"):
        load_instruction("rewrod")


def _list_prompts(source: Source, sets: int) -> Iterator[tuple[str, Text, str, str]]:
    """Kind, text and group of what is asked, with the text itself blanked out of the question."""
    for index in range(sets):
        for text in list_texts(source, index):
            shown = json.dumps(mask_text(text).text, ensure_ascii=False)
            asked = str(_ask([text], index=index)[1]["content"])
            assert shown in asked
            yield name_kind(text), text, str(index), asked.replace(shown, "")


@pytest.mark.slow
def test_labels_cannot_be_read_from_what_is_told_beside_a_text():
    """A model of words over 2,000 questions is at chance in each kind of text."""
    source = load_source(resolve_config(4000, 5, [], [], "default", []))
    prompts = [*_list_prompts(source, 110)]
    assert len(prompts) >= 2000
    for kind in ("request", "content"):
        some = [prompt for prompt in prompts if prompt[0] == kind]
        for label in (Label.MALICIOUS, Label.SENSITIVE):
            auc = _score([p[3] for p in some], [p[1].label is label for p in some],
                         [p[2] for p in some])  # fmt: skip
            assert 0.45 <= auc <= 0.55, (kind, label, auc)


def _score(texts: list[str], wanted: list[bool], sets: list[str]) -> float:
    """AUC of a model of words and pairs of words that has not seen the set."""
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import GroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline

    pattern = r"\{\d+\}|\w+"  # how many places there are is seen too
    model = make_pipeline(
        CountVectorizer(ngram_range=(1, 2), min_df=2, binary=True, token_pattern=pattern),
        LogisticRegression(max_iter=2000, class_weight="balanced", C=0.1),
    )
    guessed = cross_val_predict(
        model, texts, wanted, groups=sets, cv=GroupKFold(5), method="predict_proba"
    )
    return float(roc_auc_score(wanted, guessed[:, 1]))
