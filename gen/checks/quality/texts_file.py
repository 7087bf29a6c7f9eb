"""A set of texts that is no run: JSONL, a row a text with `text`, `label` and `group`.

`template` or `technique` names what a fold holds out as a whole; texts of one `kind` are told
apart among themselves. Other columns are passed over.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from gen.checks.quality.sample import LabelledText, Sample
from tool_catalog.errors import UserMistake

TEXTS = "texts"
_NEEDED = ("text", "label", "group")


class BadTexts(UserMistake):
    """A file of labelled texts that cannot be measured; names file and line where it can."""


def read_texts(path: Path) -> list[LabelledText]:
    """The rows of a file, in order.

    Raises:
        BadTexts: it is missing, empty, or a row is not as it should be.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadTexts(f"cannot read {path}: {getattr(error, 'strerror', error)}") from error
    rows = [_read_row(path, n, line) for n, line in enumerate(lines, 1) if line.strip()]
    if not rows:
        raise BadTexts(f"{path} holds no rows; each needs text, label and group")
    return rows


def make_text_sample(rows: Sequence[LabelledText]) -> Sample:
    """The sample of a file's rows: a channel for each kind that has two labels, or one in all."""
    kinds = {kind: [r for r in rows if r.kind == kind] for kind in sorted({r.kind for r in rows})}
    channels = {kind or TEXTS: held for kind, held in kinds.items() if _count_labels(held) > 1}
    speeches: dict[str, list[LabelledText]] = defaultdict(list)
    for row in rows:
        speeches[f"{row.label} {row.kind or TEXTS}"].append(row)
    texts = [row.text for row in rows]
    return Sample(channels or {TEXTS: list(rows)}, speeches, texts, rows=rows)


def check_labels(rows: Sequence[LabelledText], source: str) -> None:
    """Refuse rows that are all alike.

    Raises:
        BadTexts: they have one label.
    """
    if _count_labels(rows) < 2:
        raise BadTexts(f"{source}: every row has the label {rows[0].label!r}; two are needed")


def _count_labels(rows: Iterable[LabelledText]) -> int:
    return len({row.label for row in rows})


def _read_row(path: Path, number: int, line: str) -> LabelledText:
    try:
        row: Any = json.loads(line)
    except ValueError as error:
        raise BadTexts(f"{path}:{number}: no JSON: {error}") from error
    if not isinstance(row, dict):
        raise BadTexts(f"{path}:{number}: a row is an object with text, label and group")
    for name in _NEEDED:
        if not isinstance(row.get(name), str) or not row[name].strip():
            raise BadTexts(f"{path}:{number}: {name} is missing, empty or no text")
    return LabelledText(
        row["text"], row["label"], row["group"], "".join(_read_families(path, number, row))[:200],
        str(row.get("kind") or ""),
    )  # fmt: skip


def _read_families(path: Path, number: int, row: dict[str, Any]) -> Iterator[str]:
    for name in ("template", "technique"):
        value = row.get(name) or ""
        if not isinstance(value, str):
            raise BadTexts(f"{path}:{number}: {name} is no text")
        yield value
