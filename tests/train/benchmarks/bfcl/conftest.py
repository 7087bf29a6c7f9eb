"""A folder of made-up cases in the leaderboard's form, and cases of a line or two."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tool_catalog.errors import UserMistake
from train.benchmarks.bfcl.cases import Answer, Category, FunctionCase
from train.benchmarks.bfcl.multi_turn.dialogues import Dialogue, load_dialogues
from train.benchmarks.bfcl.multi_turn.official import Official, load_official

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


BOIL = {
    "name": "boil",
    "description": "Boil water.",
    "parameters": {
        "type": "dict",
        "properties": {"cups": {"type": "integer", "description": "How much."}},
        "required": ["cups"],
    },
    "response": {"type": "dict", "properties": {}},
}
STEEP = {**BOIL, "name": "steep", "description": "Make tea of boiled water."}
CLASSES = (
    "gorilla_file_system", "math_api", "message_api", "posting_api", "ticket_api", "trading_bot",
    "travel_booking", "vehicle_control",
)  # fmt: skip


@pytest.fixture(scope="session")
def make_case():
    """A case of one function, from its parameters' descriptions and the accepted values."""

    def make(
        category: Category,
        *accepted: Mapping[str, list[Any]],
        properties: Mapping[str, Any] | None = None,
        required: Sequence[str] = (),
    ) -> FunctionCase:
        parameters = BREW["parameters"]
        if properties is not None:
            parameters = {"type": "dict", "properties": properties, "required": required}
        function = {**BREW, "parameters": parameters}
        answers = tuple(Answer("kitchen.brew", values) for values in accepted)
        return FunctionCase(f"{category}_0", category, QUESTION, [function], answers)

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


@pytest.fixture
def dialogues(folder: Path) -> Path:
    """The same folder with a dialogue: boil; tea, which nothing makes yet; then something does."""
    (folder / "multi_turn_func_doc").mkdir()
    for name in CLASSES:
        documents = [BOIL, STEEP] if name == "math_api" else []
        _write(folder / "multi_turn_func_doc" / f"{name}.json", documents)
    row = {
        "id": "multi_turn_miss_func_7",
        "question": [[{"role": "user", "content": said}] for said in ("Hot water.", "Tea.")] + [[]],
        "initial_config": {"MathAPI": {"water": 9}},
        "involved_classes": ["MathAPI"],
        "excluded_function": ["boil"],
        "missed_function": {"2": ["steep"]},
    }
    truth = {"id": row["id"], "ground_truth": [["boil(cups=2)"], [], ["steep(cups=2)"]]}
    for category in ("multi_turn_miss_func", "multi_turn_base"):
        renamed = {"id": f"{category}_7"}
        _write(folder / f"BFCL_v4_{category}.json", [{**row, **renamed}])
        _write(folder / "possible_answer" / f"BFCL_v4_{category}.json", [{**truth, **renamed}])
    return folder


@pytest.fixture
def dialogue(dialogues: Path) -> Dialogue:
    [case] = load_dialogues(dialogues, Category.MULTI_TURN_MISS_FUNC)
    return case


class Kitchen:
    """Stands for the leaderboard's package: a call's result is its source, and so is its state."""

    def __init__(self) -> None:
        self.instances: dict[str, Any] = {"unrelated": 1}
        self.starts: list[Any] = []
        self.long: list[bool] = []
        self.official = Official("9.9", "Now it can.", 3, self.run, self.check, self.instances)

    def run(
        self, func_call_list, initial_config, involved_classes, model_name, test_entry_id,
        long_context,
    ):  # fmt: skip
        name = f"{model_name}_{test_entry_id}_{involved_classes[0]}_instance"
        self.starts.append(initial_config)
        self.long.append(long_context)
        done = self.instances.setdefault(name, [])
        done += func_call_list
        return [f"did {call}" for call in func_call_list], {"Kitchen": done}

    def check(self, turns, answers, entry, category, model_name):
        self.instances[f"{model_name}_ground_truth_eval_{entry['id']}"] = answers
        for steps, due in zip(turns, answers, strict=True):
            if due and not steps:
                return {"valid": False, "error_type": "multi_turn:empty_turn_model_response"}
            if due and [call for step in steps for call in step] != due:
                return {"valid": False, "error_type": "multi_turn:instance_state_mismatch"}
        return {"valid": True}


@pytest.fixture
def kitchen() -> Kitchen:
    return Kitchen()


@pytest.fixture(scope="session")
def official() -> Official:
    """The leaderboard's package, where Python or TRIACT_BFCL_EVAL finds it."""
    named = os.environ.get("TRIACT_BFCL_EVAL")
    try:
        return load_official(Path(named) if named else None)
    except UserMistake as error:
        if named:
            pytest.fail(f"TRIACT_BFCL_EVAL names {named!r}: {error}")
        pytest.skip("no bfcl_eval here; TRIACT_BFCL_EVAL names the folder it is installed into")
