"""Small models that learn a label from a part of a text, tried on what they have not seen."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from enum import StrEnum
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from gen.checks.quality.folds import Split
from tool_catalog.errors import UserMistake

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NEEDED = ("matplotlib", "numpy", "sklearn")
_TREES = 30
_LEAVES = 8
_ROUNDS = 300


class Learner(StrEnum):
    """What kind of trace is looked for."""

    LINEAR = "linear"
    BOOSTED = "boosted"
    """Trees on trees: a band of lengths, a sign together with another."""


def require_learning() -> None:
    """Say what to install when there is nothing to learn with.

    Raises:
        UserMistake: names what is missing.
    """
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise UserMistake(
            f"quality needs {', '.join(missing)}; install it with: pip install 'triact[train]'"
        )


def score_folds(
    features: Any, wanted: Sequence[bool], split: Split, learner: Learner = Learner.LINEAR
) -> NDArray[Any]:
    """How likely each row was thought to be wanted by a model that saw none of its fold.

    NaN for rows that no model could be tried on, as all rows to learn from were alike.
    """
    import numpy as np
    from threadpoolctl import threadpool_limits

    labels = np.array(wanted)
    scores = np.full(len(labels), np.nan)
    with threadpool_limits(1):  # for small tables, more threads cost more
        for learnt, tried in split.walk():
            if len(set(labels[learnt])) == 2:
                model = fit(features[learnt], labels[learnt], learner)
                scores[tried] = model.predict_proba(features[tried])[:, 1]
    return scores


def guess_folds(features: Any, labels: Sequence[str], split: Split) -> list[str]:
    """The label that a linear model which saw none of its fold gives each row."""
    import numpy as np

    names = np.array(labels)
    guessed = np.full(len(names), "", dtype=names.dtype)
    for learnt, tried in split.walk():
        if len(set(names[learnt])) > 1:
            guessed[tried] = fit(features[learnt], names[learnt]).predict(features[tried])
        elif learnt.any():
            guessed[tried] = names[learnt][0]
    return [str(name) for name in guessed]


def fit(features: Any, labels: Any, learner: Learner = Learner.LINEAR) -> Any:
    """A fitted model; in a linear one labels weigh alike however many rows each has."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if learner is Learner.BOOSTED:
        model: Any = HistGradientBoostingClassifier(
            max_iter=_TREES, learning_rate=0.15, max_leaf_nodes=_LEAVES, max_bins=32,
            early_stopping=False, random_state=0,
        )  # fmt: skip
    elif hasattr(features, "tocsr"):
        model = LogisticRegression(max_iter=_ROUNDS, class_weight="balanced")
    else:
        flat = LogisticRegression(solver="newton-cholesky", class_weight="balanced")
        model = make_pipeline(StandardScaler(), flat)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # an early end is a fit too
        return model.fit(features, labels)


def read_words(texts: Sequence[str], *, pairs: bool = True) -> Any:
    """Which words, and pairs of words, stand in each text: a sparse table."""
    return make_reader(texts, pairs=pairs)(texts)


def make_reader(
    texts: Sequence[str], *, pairs: bool = True, pattern: str = r"\w+"
) -> Callable[[Sequence[str]], Any]:
    """Reads the words that occur in two of these texts at the least, out of any texts."""
    from sklearn.feature_extraction.text import CountVectorizer

    counter = CountVectorizer(
        ngram_range=(1, 2 if pairs else 1), min_df=2, binary=True, token_pattern=pattern
    )
    try:
        counter.fit(texts)
    except ValueError:  # no word occurs twice
        counter = CountVectorizer(vocabulary=["nothing"], token_pattern="(?!)")
    return lambda others: counter.transform(others)
