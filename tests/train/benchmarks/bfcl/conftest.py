"""A folder of made-up cases in the leaderboard's form, and cases of a line or two."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from train.benchmarks.bfcl.cases import Answer, Case, Category

BREW = {
    "name": "kitchen.brew",
    "description": "Brew tea.",
    "parameters": {
        "type": "dict",
        "properties": {
            "leaf": {"type": "string", "description": "Which leaf."},
            "cups": {"type": "integer", "description": "How many."},
            "heat": {"type": "float", "description": "In degrees."},
        },
        "required": ["leaf"],
    },
}
QUESTION = [[{"role": "user", "content": "Tea, please."}]]


@pytest.fixture(scope="session")
def make_case():
    """A case of one function, from its parameters' descriptions and the accepted values."""

    def make(
        category: Category,
        *accepted: Mapping[str, list[Any]],
        properties: Mapping[str, Any] | None = None,
        required: Sequence[str] = (),
    ) -> Case:
        parameters = BREW["parameters"]
        if properties is not None:
            parameters = {"type": "dict", "properties": properties, "required": required}
        function = {**BREW, "parameters": parameters}
        answers = tuple(Answer("kitchen.brew", values) for values in accepted)
        return Case(f"{category}_0", category, QUESTION, [function], answers)

    return make


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two questions with answers and one without."""
    (tmp_path / "possible_answer").mkdir()
    truths = [{"kitchen.brew": {"leaf": ["oolong"]}}, {"kitchen.brew": {"leaf": ["sencha"]}}]
    ids = ["simple_python_0", "simple_python_1"]
    _write(tmp_path / "BFCL_v4_simple_python.json", [_ask(name) for name in ids])
    _write(
        tmp_path / "possible_answer" / "BFCL_v4_simple_python.json",
        [{"id": i, "ground_truth": [t]} for i, t in zip(ids, truths, strict=True)],
    )
    _write(tmp_path / "BFCL_v4_irrelevance.json", [_ask("irrelevance_0")])
    return tmp_path


def _ask(name: str) -> dict[str, Any]:
    return {"id": name, "question": QUESTION, "function": [BREW]}


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
