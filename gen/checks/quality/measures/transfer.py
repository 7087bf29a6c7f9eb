"""P7: attacks by others are found with words learnt here, and ours with words learnt there.

Ours are payloads and claims against harmless contents; theirs are the rows of a file, attacks
against harmless texts. A linear model sees single words of plain letters. Theirs are taken as whole
results where the file has them (`kind` result), as most files have no others that are harmless.
Ours as whole results, and theirs in other forms, are parts of the figure. Quotations of attacks,
whose words are an attack's own, are learnt from and tried like other harmless contents.
"""

from collections.abc import Iterator, Mapping, Sequence

from gen.checks.quality.areas import estimate_plain_area
from gen.checks.quality.figure import FigurePart, QualityFigure, leave_out
from gen.checks.quality.folds import thin_out
from gen.checks.quality.learners import fit, make_reader
from gen.checks.quality.sample import (
    ATTACKS,
    HARMLESS,
    TOOL,
    LabelledText,
    RecordView,
    Sample,
)

FORTH, BACK = 0.80, 0.70
MOST_ROWS = 6000
_MALICIOUS = "malicious"
_BENIGN = "benign"
RESULT, CONTENT = "result", "content"
_WORD = r"[a-z]+"


def measure(
    sample: Sample, foreign: Mapping[str, Sequence[LabelledText]]
) -> Iterator[QualityFigure]:
    """Two figures for each file that is compared with."""
    if not foreign:
        yield leave_out("P7", "trained here, tested on others' attacks, AUC", FORTH, at_least=True,
                        why="needs --compare FILE")  # fmt: skip
        return
    ours = _list_views(sample.views) if sample.views else list(sample.rows)
    for name, theirs in foreign.items():
        forth = f"trained here, tested on {name}, AUC"
        yield _try(forth, _keep(ours, CONTENT), theirs, RESULT, FORTH)
        back = f"trained on {name}, tested here, AUC"
        yield _try(back, _keep(theirs, RESULT), ours, CONTENT, BACK)


def _try(
    name: str,
    known: Sequence[LabelledText],
    new: Sequence[LabelledText],
    kind: str,
    bound: float,
) -> QualityFigure:
    """The area on the texts of a kind, with those of the others as parts."""
    labels = {row.label for row in known} & {row.label for row in new}
    if not {_MALICIOUS, _BENIGN} <= labels:
        why = f"both need rows labelled {_MALICIOUS} and {_BENIGN}"
        return leave_out("P7", name, bound, at_least=True, why=why)
    reader = make_reader([row.text for row in known], pairs=False, pattern=_WORD)
    model = fit(reader([r.text for r in known]), [r.label == _MALICIOUS for r in known])
    parts = []
    for chosen in sorted({row.kind for row in new if row.label == _MALICIOUS}):
        rows = _keep(new, chosen)
        scores = model.decision_function(reader([row.text for row in rows]))
        wanted = [row.label == _MALICIOUS for row in rows]
        found = estimate_plain_area(scores, wanted, [row.group for row in rows])
        parts.append(FigurePart(f"as {chosen or 'texts'}", found))
    told = next((part for part in parts if part.name == f"as {kind}"), parts[0])
    return QualityFigure("P7", name, told.estimate, bound, True, told.name, tuple(parts))


def _keep(rows: Sequence[LabelledText], kind: str) -> list[LabelledText]:
    """Attacks and harmless texts of a kind; all attacks, or all harmless, where it has none."""
    found: list[LabelledText] = []
    for label in (_MALICIOUS, _BENIGN):
        some = [row for row in rows if row.label == label]
        found += [row for row in some if row.kind == kind] or some
    return found


def _list_views(views: Sequence[RecordView]) -> list[LabelledText]:
    """Attacks as contents and as results; what is harmless likewise, in the same groups."""
    rows: dict[LabelledText, None] = {}
    for view in views:
        if view.kind in ATTACKS[TOOL] and view.tool_label == _MALICIOUS:
            found = [
                (_MALICIOUS, CONTENT, view.contents),
                (_MALICIOUS, RESULT, view.attacked_results),
            ]
        elif view.kind in HARMLESS:
            found = [(_BENIGN, CONTENT, view.contents), (_BENIGN, RESULT, view.results)]
        else:
            continue
        for label, kind, texts in found:
            rows.update(dict.fromkeys(LabelledText(t, label, view.group, "", kind) for t in texts))
    return thin_out(list(rows), 2 * MOST_ROWS)
