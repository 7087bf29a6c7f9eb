"""Rules that tell whether words of a model still say what their text says; no model is asked.

What they let through may still mean something else: a judge is asked next (`gen.writers.judging`).
What they refuse is named by a check, so that a run can count which of them refuses how much.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from gen.checks.inertness import find_live
from gen.sets.words import THOUGHT, Text
from gen.taxonomy.labels import Label
from gen.templating.facts import find_marks
from gen.templating.folder import shipped_folder
from gen.writers.language import LANGUAGES, is_language

_LONGEST, _SPARE = 3, 200
"""A rewording has at most so many times the characters of its text, and so many more."""
_LONGEST_THOUGHT, _SPARE_THOUGHT = 2, 40
_LEAST_SHARE, _LONG = 0.45, 14
"""A rewording of a text of so many words or more has at least this share of them."""
_SHORT = 3
"""So few words may stay as they are."""
_RUN, _REPEATS = 4, 3
_TO_A_MODEL = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass)\b[^.!?]{0,30}"
    r"\b(?:previous|prior|above|earlier|all|your)\b[^.!?]{0,20}"
    r"\b(?:instructions?|prompts?|rules|messages?|guidelines)\b"
    r"|\b(?:system|developer) (?:prompt|message|note|override)\b"
    r"|\bnew instructions\b|\blanguage model\b|\bjailbreak"
    r"|<\|\w+\|>|</?(?:system|assistant|user|tool\w*|instructions?|think)>|\[/?INST\]"
    r"|(?:^|\s)(?:system|assistant|user):\s",
    re.IGNORECASE,
)
"""What speaks to a model, or of a model's own task."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why words cannot be used."""

    check: str
    """Which check says so; its name is counted."""
    reason: str
    """As a model is told."""


@dataclass(frozen=True)
class Cues:
    """What the rules know of meaning; see `templates/writers/cues.yaml`."""

    acts: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...]
    """How names of tools begin, and the words that ask for what these do."""
    strong: Mapping[str, re.Pattern[str]]
    """Words that do what cannot be taken back, by what they do."""
    near: Mapping[str, re.Pattern[str]]
    """Words after which such words are no surprise."""
    harm: re.Pattern[str]
    refusal: re.Pattern[str]
    answers: re.Pattern[str]


@cache
def load_cues() -> Cues:
    """The shipped cues."""
    path = shipped_folder() / "writers" / "cues.yaml"
    data: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return Cues(
        acts=tuple((tuple(one["tools"]), _match_words(one["words"])) for one in data["acts"]),
        strong={name: _match_words(words) for name, words in data["strong"].items()},
        near={name: _match_words(words) for name, words in data["near"].items()},
        harm=_match_words(data["harm"]),
        refusal=re.compile("|".join(data["refusal"]), re.IGNORECASE),
        answers=re.compile("|".join(data["answers"]), re.IGNORECASE),
    )


def _match_words(words: Sequence[str]) -> re.Pattern[str]:
    """Any of some words, whole; one that ends in * with any ending."""
    parts = sorted(
        {re.escape(word).replace(r"\*", r"\w*").replace(r"\ ", " ") for word in map(str, words)}
    )
    return re.compile(rf"(?<!\w)(?:{'|'.join(parts)})(?!\w)", re.IGNORECASE)


def find_flaw(text: Text, new: str, language: str = "en") -> Flaw | None:
    """Why a rewording cannot be used; `None` when the rules find nothing.

    Args:
        text: as the templates have it.
        new: other words for it, with every value in its place.
        language: code of the language that was asked for.
    """
    for name, check in _CHECKS.items():
        if reason := check(text, new, language):
            return Flaw(name, reason)
    return None


def _check_presence(text: Text, new: str, _: str) -> str:
    if not new:
        return "missing or empty"
    may_stay = text.key.startswith(THOUGHT) or len(text.text.split()) <= _SHORT
    return "not reworded" if new == text.text and not may_stay else ""


def _check_length(text: Text, new: str, language: str) -> str:
    thought = text.key.startswith(THOUGHT)
    times, spare = (_LONGEST_THOUGHT, _SPARE_THOUGHT) if thought else (_LONGEST, _SPARE)
    if len(new) > times * len(text.text) + spare:
        return "far longer than the text"
    words, before = len(new.split()), len(text.text.split())
    spaced = language not in ("zh", "ja", "ko")
    if spaced and not thought and before >= _LONG and words < _LEAST_SHARE * before:
        return "leaves much of the text out"
    return ""


def _check_values(text: Text, new: str, _: str) -> str:
    thought = text.key.startswith(THOUGHT)
    said = f"{new} {new.lower()}" if thought else new  # "Benign" may go to the middle
    if lost := [value for value in text.kept if value not in said]:
        return f"lost {', '.join(map(repr, lost))}"
    added = set(find_marks(new)) - set(find_marks(text.text)) - set(text.kept)
    if thought:
        added |= {label.value for label in Label if label in new.lower()} - set(text.kept)
    return f"added {', '.join(map(repr, sorted(added)))}" if added else ""


def _check_orders(text: Text, new: str, _: str) -> str:
    """What is said to a model that the text does not say; attacks may say it as they like."""
    if text.label is Label.MALICIOUS or _TO_A_MODEL.search(text.text):
        return ""
    found = _TO_A_MODEL.search(new)
    return f"speaks to a model: {found.group().strip()!r}" if found else ""


def _check_refusal(text: Text, new: str, _: str) -> str:
    found = find_refusal(new)
    return f"{found} in place of rewording" if found and not find_refusal(text.text) else ""


def find_refusal(text: str) -> str:
    """Whether a text refuses or answers a request, in its own words; empty when it does neither."""
    cues = load_cues()
    for kind, pattern in (("refuses", cues.refusal), ("answers", cues.answers)):
        if found := pattern.search(text):
            return f"{kind} ({found.group()!r})"
    return ""


def speaks_to_model(text: str) -> bool:
    """Whether something is said to a model, or of a model's own task."""
    return _TO_A_MODEL.search(text) is not None


def _check_acts(text: Text, new: str, language: str) -> str:
    """Something is left of each act that the text asks for in words."""
    for tool in text.acts if language == "en" else ():
        for begins, words in load_cues().acts:
            if tool.startswith(begins) and words.search(text.text) and not words.search(new):
                return f"no longer asks to {tool.replace('_', ' ')}"
    return ""


def _check_additions(text: Text, new: str, language: str) -> str:
    """Nothing that cannot be taken back is asked for that the text does not speak of."""
    cues = load_cues()
    for what, words in cues.strong.items() if language == "en" else ():
        found = words.search(new)
        known = words.search(text.text) or cues.near[what].search(text.text)
        if found and not known:
            return f"adds {found.group()!r}, which the text does not speak of"
    return ""


def _check_motive(text: Text, new: str, language: str) -> str:
    """What makes a request what it is is still said."""
    harm = load_cues().harm
    if language != "en" or text.label is not Label.MALICIOUS or text.key.startswith(THOUGHT):
        return ""
    found = harm.search(text.text)
    return "leaves out why it is asked for" if found and not harm.search(new) else ""


def _check_inertness(_: Text, new: str, __: str) -> str:
    return find_live(new)


def _check_repeats(_: Text, new: str, __: str) -> str:
    return "repeats itself" if repeats(new) else ""


def repeats(text: str) -> bool:
    """Whether a run of words comes again and again, as models do that got stuck."""
    words = text.lower().split()
    runs = [tuple(words[i : i + _RUN]) for i in range(len(words) - _RUN + 1)]
    return any(runs.count(run) >= _REPEATS for run in set(runs))


def _check_language(text: Text, new: str, language: str) -> str:
    plain = _remove(text.kept, new)
    prose = is_language(_remove(text.kept, text.text), "en")  # a line of a log is in no language
    if prose and not is_language(plain, language):
        return f"not in {LANGUAGES[language][0]}"
    return ""


def _remove(values: Sequence[str], text: str) -> str:
    for value in values:
        text = text.replace(value, " ")
    return text


_CHECKS: Mapping[str, Callable[[Text, str, str], str]] = {
    "missing": _check_presence,
    "length": _check_length,
    "values": _check_values,
    "inertness": _check_inertness,
    "orders": _check_orders,
    "refusal": _check_refusal,
    "repeats": _check_repeats,
    "language": _check_language,
    "acts": _check_acts,
    "additions": _check_additions,
    "motive": _check_motive,
}


def list_checks() -> Iterator[str]:
    """Names of the checks, in the order in which they are made."""
    yield from _CHECKS
