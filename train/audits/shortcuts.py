"""How far a part of the input gives a label away: test Q2 of TAXONOMY 3.3.

A model of single words and pairs that sees only a part learns to predict a label; folds never cut
through a contrast set. 0.5 means that the part says nothing. Texts by templates and by a model are
measured apart, so that a writer whose style tells the label is found out.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gen.records import Record
from tool_catalog.errors import BadRun

_FOLDS = 5
_FEWEST_SETS = 2 * _FOLDS


@dataclass(frozen=True, slots=True)
class InputPart:
    """What is seen, what is predicted from it, and how well it may be."""

    name: str
    see: Callable[[Record], str]
    label: Callable[[Record], str]
    bound: float
    """Highest AUC that TAXONOMY 3.3 allows on contrast sets."""


def _see_request(record: Record) -> str:
    return record.scenario.last.text


def _see_tools(record: Record) -> str:
    return " ".join(record.scenario.tools)


def _see_content(record: Record) -> str:
    return " ".join(placed.content for placed in record.scenario.placements)


def _see_metadata(record: Record) -> str:
    """Lengths in steps, number of tools, and where the content stands, as words."""
    content = _see_content(record)
    if not content:
        return ""  # that there is none is no secret
    positions = [f"at_{placed.position}" for placed in record.scenario.placements]
    return " ".join([
        f"request_{len(record.scenario.last.text) // 40}", f"content_{len(content) // 40}",
        f"tools_{len(record.scenario.tools)}", record.leaves.language, *positions,
    ])  # fmt: skip


PARTS: tuple[InputPart, ...] = (
    InputPart("user label from the request", _see_request, lambda r: r.user_label, 0.70),
    InputPart("tool label from the content", _see_content, lambda r: r.tool_label, 0.70),
    InputPart("tool label from the request", _see_request, lambda r: r.tool_label, 0.55),
    InputPart("tool label from the tools", _see_tools, lambda r: r.tool_label, 0.55),
    InputPart("tool label from metadata", _see_metadata, lambda r: r.tool_label, 0.55),
)


@dataclass(frozen=True, slots=True)
class Leak:
    """How well one part predicts its label, by who wrote the texts."""

    part: InputPart
    auc: Mapping[str, float | None]
    """By `template` or model id; None with too few contrast sets or a single label."""

    @property
    def over(self) -> list[str]:
        """Writers whose texts give more away than the bound allows."""
        return [name for name, auc in self.auc.items() if auc is not None and auc > self.part.bound]


def measure_shortcuts(records: Iterable[Record]) -> tuple[dict[str, int], list[Leak]]:
    """Contrast sets by writer, and what each part gives away.

    Raises:
        BadRun: there is no record.
    """
    by_writer: dict[str, list[Record]] = {}
    for record in records:
        by_writer.setdefault(record.provenance.generator, []).append(record)
    if not by_writer:
        raise BadRun("the run has no records; generate some")
    counts = {name: len({r.contrast_set_id for r in rows}) for name, rows in by_writer.items()}
    leaks = [
        Leak(part, {name: measure_part(part, rows) for name, rows in by_writer.items()})
        for part in PARTS
    ]
    return counts, leaks


def measure_part(part: InputPart, records: Sequence[Record]) -> float | None:
    """Area under the curve of a lexical model, a label against the rest, mean over labels."""
    seen = [(part.see(r), part.label(r), r.contrast_set_id) for r in records if part.see(r)]
    sets = {group for _, _, group in seen}
    labels = {label for _, label, _ in seen}
    if len(sets) < _FEWEST_SETS or len(labels) < 2:
        return None
    texts, named, grouped = (list(column) for column in zip(*seen, strict=True))
    wanted, guessed = _cross_validate(texts, named, grouped)
    return _mean_area(wanted, guessed)


def _mean_area(wanted: Any, guessed: Any) -> float:
    import numpy as np
    from sklearn.metrics import roc_auc_score

    places = range(guessed.shape[1])
    return float(np.mean([roc_auc_score(wanted == p, guessed[:, p]) for p in places]))


def guess_decisions(records: Sequence[Record]) -> list[bool]:
    """Whether the decision is guessed rightly from the operator's words and the last request.

    The lexical model sees neither results nor earlier turns; nothing with too few contrast sets.
    """
    texts = [f"{r.scenario.system} {r.scenario.last.text}" for r in records]
    decisions = [str(r.scenario.last.expectation.decision) for r in records]
    groups = [r.contrast_set_id for r in records]
    if len(set(groups)) < _FEWEST_SETS or len(set(decisions)) < 2:
        return []
    wanted, guessed = _cross_validate(texts, decisions, groups)
    return [bool(right) for right in guessed.argmax(axis=1) == wanted]


def _cross_validate(texts: list[str], labels: list[Any], groups: list[str]) -> tuple[Any, Any]:
    """For each text the place of its label, and how likely each label was thought to be."""
    import numpy as np
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold
    from sklearn.pipeline import make_pipeline

    known = sorted({str(label) for label in labels})
    wanted = np.array([known.index(str(label)) for label in labels])
    guessed = np.zeros((len(texts), len(known)))
    for learn, test in GroupKFold(_FOLDS).split(texts, wanted, groups):
        words = CountVectorizer(ngram_range=(1, 2), min_df=2, binary=True, token_pattern=r"\S+")
        model = make_pipeline(words, LogisticRegression(max_iter=300))
        model.fit([texts[i] for i in learn], wanted[learn])
        found = model.predict_proba([texts[i] for i in test])
        guessed[np.ix_(test, model.classes_)] = found
    return wanted, guessed
