"""Sets of texts whose labels stand in meaning, in form, or nowhere; and views to measure."""

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest

from gen.checks.quality.sample import TOOL, USER, LabelledText, RecordView, Sample

PLAIN = "green table river garden letter window summer paper morning bridge".split()
BAD = "steal ruin threaten forge poison".split()
GOOD = "water repair greet sort paint".split()
SETS = 60


def write_text(dice: Random, words: Sequence[str], size: int = 9) -> str:
    found = [dice.choice(PLAIN) for _ in range(size)] + [dice.choice(words)]
    dice.shuffle(found)
    return " ".join(found)


@pytest.fixture(scope="session")
def meant() -> list[LabelledText]:
    """Labels that words tell and nothing else does; families share no carrier of theirs."""
    dice = Random("meant")
    return [
        LabelledText(write_text(dice, words), label, f"s{number}", f"t{number % 10}")
        for number in range(SETS)
        for label, words in (("malicious", BAD), ("benign", GOOD))
        for _ in range(2)
    ]


@pytest.fixture(scope="session")
def shuffled(meant: list[LabelledText]) -> list[LabelledText]:
    """The same texts under labels drawn by lot."""
    dice = Random("shuffled")
    labels = [row.label for row in meant]
    dice.shuffle(labels)
    return [
        LabelledText(row.text, label, row.group, row.family)
        for row, label in zip(meant, labels, strict=True)
    ]


@pytest.fixture(scope="session")
def planted(meant: list[LabelledText]) -> list[LabelledText]:
    """Every malicious text ends in a sign that no other has."""
    return [
        LabelledText(row.text + "!" * (row.label == "malicious"), row.label, row.group, row.family)
        for row in meant
    ]


@pytest.fixture(scope="session")
def write_rows() -> Callable[[Path, Iterable[LabelledText]], Path]:
    """Write texts as JSONL."""

    def write(path: Path, rows: Iterable[LabelledText]) -> Path:
        lines = (
            json.dumps({"text": r.text, "label": r.label, "group": r.group, "template": r.family,
                        "kind": r.kind})
            for r in rows
        )  # fmt: skip
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="session")
def make_view() -> Callable[..., RecordView]:
    """A view of a record of which only what matters is said."""

    def make(number: int = 0, **said: Any) -> RecordView:
        leaves = {"technique": "", "tool": "T.B.x", "goal": "", "strategy": "U.J.none",
                  "language": "X.L.en", "user": "U.B.x"}  # fmt: skip
        held: dict[str, Any] = {
            "id": f"r{number}", "group": f"s{number}", "split": "train", "template": "t",
            "member": "benign", "kind": "filler", "user_label": "benign", "tool_label": "benign",
            "decision": "execute", "system": "You help.", "request": f"look at page {number}",
            "masked": "look at page _", "contents": (f"a line {number}",), "positions": ("end",),
            "results": (f"a result {number}",), "attacked_results": (), "final": f"done {number}",
            "tools": ("email.read",), "domains": ("email",), "generator": "template",
        }  # fmt: skip
        held |= said
        held["leaves"] = leaves | said.get("leaves", {})
        return RecordView(**held)

    return make


@pytest.fixture(scope="session")
def make_run() -> Callable[[Sequence[RecordView]], Sample]:
    """The sample of some views, without channels' and speeches' texts."""

    def make(views: Sequence[RecordView]) -> Sample:
        return Sample({USER: [], TOOL: []}, {}, [], views=views)

    return make
