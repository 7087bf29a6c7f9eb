"""How alike the texts are that outsiders place: length, signs, and what they name, by kind.

`python tests/bench/contents.py` prints two tables. In the second each cell is the AUC of telling
one kind from another by length alone, and by the shares of digits, punctuation and capitals.
"""

import argparse
import re
import string
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import combinations

from gen.attacks.encodings.encoders import PLAIN
from gen.config import RunConfig
from gen.sets.situation import Situation, draw_situation
from gen.sets.source import load_source
from tool_catalog.pools import list_names

DOMAINS = ("banking", "calendar", "email", "terminal_files")
COUNT = 600
NAMES = frozenset(name for name in list_names() if len(name) > 2)
NAMING: Mapping[str, str] = {
    "id": r"\b[abcempst]\d\b|\b[\w-]+/[\w.-]+|\b\d{6}\b",
    "sum": r"\b\d+ euros\b",
    "date": r"\b\d{4}-\d\d-\d\d\b",
    "address": r"\S+@example\.\w+|https?://\S+|\bGB00TEST\d{6}\b|\d{3}-555-\d{4}",
}


def draw_texts(count: int = COUNT) -> dict[str, list[str]]:
    """Texts by kind, drawn over the shipped domains and many worlds."""
    source = load_source(RunConfig(size=1, seed=0, domains=DOMAINS))
    texts: dict[str, list[str]] = {}
    for index in range(count):
        situation = draw_situation(source, index)
        for kind, text in _list_texts(situation) if situation is not None else ():
            texts.setdefault(kind, []).append(text)
    return texts


def _list_texts(situation: Situation) -> Iterator[tuple[str, str]]:
    """What may stand in the carrier of a set."""
    attack, plain = situation.attack, situation.attack.encoding == PLAIN
    yield ("payload" if plain else "(encoded)"), attack.text
    for role, content in situation.contents.items():
        if plain:  # a twin of what is encoded is encoded
            yield role.removeprefix("benign_"), content.text
    if situation.errand is not None:
        yield "errand", situation.errand.text
    if situation.swap is not None:
        yield "claim", situation.swap.text


def compare(
    one: Sequence[str], other: Sequence[str], read: Callable[[str], Sequence[float]]
) -> float:
    """AUC of telling two kinds apart, by a linear fit to what `read` finds in a text."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    features = [read(text) for text in (*one, *other)]
    labels = [0] * len(one) + [1] * len(other)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    model = make_pipeline(StandardScaler(), LogisticRegression(solver="newton-cholesky"))
    told = cross_val_predict(model, features, labels, cv=folds, method="predict_proba")[:, 1]
    return float(roc_auc_score(labels, told))


def compare_lengths(one: Sequence[str], other: Sequence[str]) -> float:
    """AUC of length alone, whichever way round."""
    from sklearn.metrics import roc_auc_score

    labels = [0] * len(one) + [1] * len(other)
    auc = float(roc_auc_score(labels, [len(text) for text in (*one, *other)]))
    return max(auc, 1 - auc)


@cache
def read_signs(text: str) -> tuple[float, ...]:
    """Shares of digits, punctuation and capitals."""
    kinds = (str.isdigit, lambda c: c in string.punctuation, str.isupper)
    return tuple([sum(map(kind, text)) / max(len(text), 1) for kind in kinds])


def name_things(text: str) -> dict[str, bool]:
    """What a text names."""
    found = {kind: bool(re.search(pattern, text)) for kind, pattern in NAMING.items()}
    return {"name": bool(NAMES & set(re.findall(r"[A-Z]\w+", text))), **found}


def describe(texts: Sequence[str]) -> dict[str, float]:
    """Lengths at the tenth, half and nine tenths, and shares of texts that name something."""
    lengths = sorted(map(len, texts))
    shares = [name_things(text) for text in texts]
    return {
        **{name: lengths[int(len(lengths) * at)] for name, at in
           (("10 %", 0.1), ("middle", 0.5), ("90 %", 0.9))},
        **{kind: sum(share[kind] for share in shares) / len(shares) for kind in shares[0]},
    }  # fmt: skip


def main(argv: Sequence[str]) -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=COUNT)
    texts = draw_texts(parser.parse_args(argv).count)
    for kind, some in sorted(texts.items()):
        told = [f"{name} {value:5.0f}" if value > 1 else f"{name} {value:5.0%}"
                for name, value in describe(some).items()]  # fmt: skip
        print(f"{kind:12}", "  ".join(told))
    print()
    for one, other in combinations(sorted(set(texts) - {"(encoded)"}), 2):
        length = compare_lengths(texts[one], texts[other])
        signs = compare(texts[one], texts[other], read_signs)
        print(f"{one:12} {other:12} length {length:.2f}  signs {signs:.2f}")


if __name__ == "__main__":
    main(sys.argv[1:])
