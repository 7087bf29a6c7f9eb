"""A set of texts that is no run: JSONL, a row a text with `text`, `label` and `group`.

`template` or `technique` names what a fold holds out as a whole; `kind` parts the texts further.
Other columns are passed over.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gen.checks.quality.sample import TEXTS, LabelledText, Sample
from tool_catalog.errors import UserMistake

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


def make_text_sample(path: Path) -> Sample:
    """The sample of a file.

    Raises:
        BadTexts: as `read_texts`, or all its rows have one label.
    """
    rows = read_texts(path)
    labels = sorted({row.label for row in rows})
    if len(labels) < 2:
        raise BadTexts(f"{path}: every row has the label {labels[0]!r}; two are needed")
    speeches = {f"{label} texts": [r for r in rows if r.label == label] for label in labels}
    return Sample({TEXTS: rows}, speeches, texts=[row.text for row in rows])


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
