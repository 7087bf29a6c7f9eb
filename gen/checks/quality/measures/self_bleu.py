"""P11: how far texts of a kind are made of each other: self-BLEU at equal numbers of tokens.

Definition. Of each contrast set one text, drawn by its name alone, up to 20,000 tokens in all;
tokens are words and single signs in lower case; texts of fewer than four are passed over. A text's
BLEU is the geometric mean of its clipped precisions of one to four tokens, with all the others as
references, unsmoothed and without a length penalty; the figure is the mean over texts, of three
such draws. More tokens find more that was said before, so only equal numbers compare.

On texts published: BFCL live requests 0.40 (0.31 with 8,000 tokens), InjecAgent's 62 orders 0.34.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from math import exp, log
from zlib import crc32

from gen.checks.bootstrap import estimate_mean
from gen.checks.quality.figure import QualityFigure, leave_out
from gen.checks.quality.folds import order_names
from gen.checks.quality.sample import LabelledText, Sample
from gen.checks.quality.tokens import list_grams, list_tokens

TOKENS = 20_000
ORDER = 4
DRAWS = 3
BOUND = 0.40
BOUNDS = {"results": 0.60}
_FEWEST = 10


def measure(sample: Sample) -> Iterator[QualityFigure]:
    """A figure for each kind of text."""
    for name, texts in sample.speeches.items():
        title, bound = f"self-BLEU of {name}", BOUNDS.get(name, BOUND)
        rows, tokens = [], 0
        for draw in range(DRAWS):
            drawn = draw_texts(texts, f"draw {draw}")
            tokens = sum(len(text) for _, text in drawn)
            scores = score_texts([text for _, text in drawn])
            rows += [(group, score) for (group, _), score in zip(drawn, scores, strict=True)]
        if len(rows) < DRAWS * _FEWEST:
            yield leave_out("P11", title, bound, why="too few texts")
            continue
        note = f"{len(rows) // DRAWS} texts of {tokens:,} tokens"
        yield QualityFigure("P11", title, estimate_mean(rows), bound, False, note)


def draw_texts(
    texts: Sequence[LabelledText], key: str, limit: int = TOKENS
) -> list[tuple[str, list[str]]]:
    """One text a group as tokens, with its group, until so many tokens are reached."""
    groups: dict[str, list[str]] = defaultdict(list)
    for text in texts:
        groups[text.group].append(text.text)
    drawn: list[tuple[str, list[str]]] = []
    total = 0
    for named in order_names([key + group for group in groups]):
        group = named.removeprefix(key)
        chosen = groups[group][crc32(named.encode()) % len(groups[group])]
        tokens = list_tokens(chosen)
        if len(tokens) >= ORDER:
            drawn.append((group, tokens))
            total += len(tokens)
        if total >= limit:
            break
    return drawn


def score_texts(texts: Sequence[Sequence[str]]) -> list[float]:
    """The BLEU of each text with all the others as references."""
    logs = [0.0] * len(texts)
    dead: set[int] = set()
    for order in range(1, ORDER + 1):
        counts = [Counter(list_grams(text, order)) for text in texts]
        best = _find_best(counts)
        for place, found in enumerate(counts):
            held = sum(min(n, _look_up(best, gram, place)) for gram, n in found.items())
            if held:
                logs[place] += log(held / found.total()) / ORDER
            else:
                dead.add(place)
    return [0.0 if place in dead else exp(value) for place, value in enumerate(logs)]


def _find_best(
    counts: Sequence[Counter[tuple[str, ...]]],
) -> dict[tuple[str, ...], tuple[int, int, int]]:
    """For each gram the most that one text has, which text that is, and the most of another."""
    best: dict[tuple[str, ...], tuple[int, int, int]] = {}
    for place, found in enumerate(counts):
        for gram, n in found.items():
            most, owner, second = best.get(gram, (0, -1, 0))
            if n > most:
                best[gram] = (n, place, most)
            elif n > second:
                best[gram] = (most, owner, n)
    return best


def _look_up(
    best: dict[tuple[str, ...], tuple[int, int, int]], gram: tuple[str, ...], place: int
) -> int:
    most, owner, second = best[gram]
    return second if owner == place else most
