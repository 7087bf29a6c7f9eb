"""How many different words 2,000 texts hold: words of plain letters, in lower case.

The texts are drawn by contrast set, some sets over and over in other orders; the value is the
middle of these draws and the interval holds nineteen of twenty. BFCL's live requests (simple and
multiple, 1,311 of them) hold 3,097 such words.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from gen.checks.bootstrap import Interval
from gen.checks.quality.figure import QualityFigure, leave_out
from gen.checks.quality.folds import order_names
from gen.checks.quality.sample import USER, LabelledText, Sample
from gen.checks.quality.tokens import list_words

BOUND = 4500.0
SIZE = 2000
DRAWS = 40


def measure(sample: Sample) -> Iterator[QualityFigure]:
    """One count."""
    texts = sample.rows or sample.channels[USER]
    name = f"different words in {SIZE:,} {'texts' if sample.rows else 'requests'}"
    if len(texts) < SIZE:
        why = f"there are {len(texts):,}, with {count_words(texts):,} words"
        yield leave_out("V", name, BOUND, at_least=True, why=why)
        return
    found = sorted(count_words(_draw(texts, f"draw {n}")) for n in range(DRAWS))
    low, high = found[DRAWS // 40], found[-1 - DRAWS // 40]
    middle = Interval(float(found[DRAWS // 2]), float(low), float(high), SIZE)
    yield QualityFigure("V", name, middle, BOUND, True)


def count_words(texts: Sequence[LabelledText]) -> int:
    """How many different words texts hold."""
    return len({word for text in texts for word in list_words(text.text)})


def _draw(texts: Sequence[LabelledText], key: str) -> list[LabelledText]:
    groups: dict[str, list[LabelledText]] = defaultdict(list)
    for text in texts:
        groups[text.group].append(text)
    drawn: list[LabelledText] = []
    for named in order_names([key + group for group in groups]):
        drawn += groups[named.removeprefix(key)]
        if len(drawn) >= SIZE:
            break
    return drawn[:SIZE]
