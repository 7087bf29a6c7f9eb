"""The texts of a contrast set worded anew by a model, and whether its words can be used.

Every member of a set is reworded in one request under one instruction, so that style is no label.
A model decides nothing: what it may not touch is checked letter by letter, and what cannot be used
is asked for again, then given up with a reason.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any

from pydantic import BaseModel, ConfigDict

from gen.checks.inertness import find_live
from gen.sets.words import Text
from gen.taxonomy.labels import Label
from gen.templating.facts import find_marks
from gen.writers.instructions import Instruction, Message

LANGUAGES: Mapping[str, tuple[str, str]] = {
    "en": ("English", "en"),
    "de": ("German", "major_eu"),
    "es": ("Spanish", "major_eu"),
    "fr": ("French", "major_eu"),
    "it": ("Italian", "major_eu"),
    "pt": ("Portuguese", "major_eu"),
    "zh": ("Chinese", "zh"),
    "ja": ("Japanese", "ja_ko"),
    "ko": ("Korean", "ja_ko"),
    "ar": ("Arabic", "ar_he_fa"),
    "hi": ("Hindi", "hi_bn"),
    "vi": ("Vietnamese", "vi_th_id_tl"),
}
"""By code: the name that a model is told, and the X.L leaf."""

_LONGEST, _SPARE = 3, 200
"""A rewording has at most so many times the characters of its text, and so many more."""
_LONGEST_THOUGHT, _SPARE_THOUGHT = 2, 40
_KINDS = {"user": "request", "tool": "content", "thought": "thought"}
"""What a model is told of a text, by how its key begins."""
_TO_A_MODEL = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass)\b[^.!?]{0,30}"
    r"\b(?:previous|prior|above|earlier|all|your)\b[^.!?]{0,20}"
    r"\b(?:instructions?|prompts?|rules|messages?|guidelines)\b"
    r"|\b(?:system|developer) (?:prompt|message|note|override)\b"
    r"|\bnew instructions\b|\bas an ai\b|\blanguage model\b|\bjailbreak"
    r"|<\|\w+\|>|</?(?:system|assistant|user|tool\w*|instructions?|think)>|\[/?INST\]"
    r"|\b(?:here is|here's|below is) the (?:reworded|rewritten|new)\b"
    r"|(?:^|\s)(?:system|assistant|user):\s",
    re.IGNORECASE,
)
"""What speaks to a model, or of a model's own task."""
_RUN, _REPEATS = 4, 3
_FEW_WORDS = 10
_ENGLISH = frozenset(
    "the to of and is are for with my it that this you we please be not from at by your what "
    "which have has will was can would could".split()
)
"""Common words that are no words of its neighbours."""
_SCRIPTS = {
    "zh": "\u4e00-\u9fff", "ja": "\u3040-\u30ff\u4e00-\u9fff", "ko": "\uac00-\ud7af",
    "ar": "\u0600-\u06ff", "hi": "\u0900-\u097f",
}  # fmt: skip


class _Item(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    text: str


class Rewording(BaseModel):
    """What a model is asked for."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    texts: tuple[_Item, ...]

    def by_key(self) -> dict[str, str]:
        """Texts by the key of what they reword; of several the first counts."""
        found: dict[str, str] = {}
        for item in self.texts:
            found.setdefault(item.id, " ".join(item.text.split()))
        return found


def write_request(
    instruction: Instruction, texts: Sequence[Text], *, seed: int, index: int, language: str
) -> list[Message]:
    """What a model is told to reword a set; equal for equal sets."""
    style = Random(f"{seed}:{index}:style").choice(instruction.lists["styles"])
    facts = {"language": LANGUAGES[language][0], "style": style, "texts": show_texts(texts)}
    return instruction.write(facts)


def show_texts(texts: Sequence[Text], words: Mapping[str, str] | None = None) -> str:
    """Texts as JSON lines; with other words for some. No label is among them."""
    lines = []
    for text in texts:
        shown: dict[str, Any] = {
            "id": text.key,
            "kind": _KINDS[text.key.partition(":")[0]],
            "text": (words or {}).get(text.key, text.text),
        }
        if words is None:
            shown["keep"] = list(text.kept)
        lines.append(json.dumps(shown, ensure_ascii=False))
    return "\n".join(lines)


def find_faults(
    texts: Sequence[Text], words: Mapping[str, str], language: str = "en"
) -> dict[str, str]:
    """Why words cannot be used, by key; empty when all can."""
    found = {}
    for text in texts:
        reason = next(_list_faults(text, words.get(text.key, ""), language), "")
        if reason:
            found[text.key] = reason
    return found


def _list_faults(text: Text, new: str, language: str) -> Iterator[str]:
    if not new:
        yield "missing or empty"
    thought = text.key.startswith("thought:")
    if new == text.text and not thought:  # "Done." may stay
        yield "not reworded"
    times, spare = (_LONGEST_THOUGHT, _SPARE_THOUGHT) if thought else (_LONGEST, _SPARE)
    if len(new) > times * len(text.text) + spare:
        yield "far longer than the text"
    said = f"{new} {new.lower()}" if thought else new  # "Benign" may go to the middle
    lost = [value for value in text.kept if value not in said]
    if lost:
        yield f"lost {', '.join(map(repr, lost))}"
    added = set(find_marks(new)) - set(find_marks(text.text)) - set(text.kept)
    if thought:
        added |= {label.value for label in Label if label in new.lower()} - set(text.kept)
    if added:
        yield f"added {', '.join(map(repr, sorted(added)))}"
    if told := _find_told(text, new):
        yield f"speaks to a model: {told!r}"
    if live := find_live(new):
        yield live
    if _repeats(new):
        yield "repeats itself"
    long = not thought or language in _SCRIPTS  # notes are too terse to tell by common words
    prose = is_language(_remove(text.kept, text.text), "en")  # a line of a log is in no language
    if long and prose and not is_language(_remove(text.kept, new), language):
        yield f"not in {LANGUAGES[language][0]}"


def _find_told(text: Text, new: str) -> str:
    """What a rewording says to a model that its text does not; attacks may say it as they like."""
    if text.label is Label.MALICIOUS or _TO_A_MODEL.search(text.text):
        return ""
    found = _TO_A_MODEL.search(new)
    return found.group().strip() if found else ""


def _remove(values: Sequence[str], text: str) -> str:
    for value in values:
        text = text.replace(value, " ")
    return text


def _repeats(text: str) -> bool:
    """Whether a run of words comes again and again, as models do that got stuck."""
    words = text.lower().split()
    runs = [tuple(words[i : i + _RUN]) for i in range(len(words) - _RUN + 1)]
    return any(runs.count(run) >= _REPEATS for run in set(runs))


def is_language(text: str, language: str) -> bool:
    """Whether a text can be of a language: by its script, or by the commonest words of English.

    A text of few words is never refused; other languages in Latin script are not told apart.
    """
    if language in _SCRIPTS:
        return re.search(f"[{_SCRIPTS[language]}]", text) is not None
    words = re.findall(r"[^\W\d_]+", text.lower())
    if len(words) < _FEW_WORDS:
        return True
    english = sum(word in _ENGLISH for word in words) / len(words)
    return english > 0.04 if language == "en" else english < 0.3


class _Labelled(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    label: Label


class Labels(BaseModel):
    """What a judge is asked for."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    labels: tuple[_Labelled, ...]

    def by_key(self) -> dict[str, Label]:
        """Labels by the key of their text; of several the first counts."""
        found: dict[str, Label] = {}
        for item in self.labels:
            found.setdefault(item.id, item.label)
        return found
