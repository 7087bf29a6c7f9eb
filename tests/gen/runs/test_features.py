"""The written features are those of `datasets`, and what it reads is what was written."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from gen.config import RunConfig
from gen.records import Step, ToolUse
from gen.runs.features import CONFIGS, FEATURES, LABELS, make_schema, make_table
from gen.runs.folder import read_manifest
from gen.runs.messages import write_step
from gen.runs.publishing.card import Contents, write_card

RESULTS = ("42", "null", '{"x": 1}', "[1, 2]", "true", "", "plain")
READ = """
import json, sys
from datasets import Features, load_dataset
from gen.runs.features import CONFIGS, FEATURES, make_schema
run, odd = sys.argv[1:]
found = {"tree": {}, "features": {}, "dumped": {}, "schemas": {}}
for name in CONFIGS:
    splits = load_dataset(run, name)
    found["tree"][name] = {split: len(rows) for split, rows in splits.items()}
    found["features"][name] = next(iter(splits.values())).features.to_dict()
    built = Features.from_dict(FEATURES[name])
    found["dumped"][name] = built.to_dict()
    ours, theirs = make_schema(name), built.arrow_schema
    found["schemas"][name] = ours.equals(theirs) and (
        json.loads(ours.metadata[b"huggingface"]) == json.loads(theirs.metadata[b"huggingface"])
    )
found["sft"] = [dict(row) for row in load_dataset(run, "sft")["train"]]
found["odd"] = [dict(row) for row in load_dataset(odd, "sft")["train"]]
found["labels"] = load_dataset(run, "prompts")["train"].features["label"].names
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose tool results look like JSON, and whose calls share no argument."""
    folder = tmp_path_factory.mktemp("odd")
    uses = [
        ToolUse(tool=f"tool{number}", arguments={f"a{number}": number}, result=text)
        for number, text in enumerate(RESULTS)
    ]
    steps = [*(Step(calls=(use,)) for use in uses), Step(thought="so", text="1.0")]
    row = {
        "id": "one", "contrast_set_id": "set", "role": "anchor",
        "turn": 0,
        "prompt": [{"role": "user", "content": "null", "name": None, "tool_calls": None}],
        "completion": [message for step in steps for message in write_step(step, {})],
        "tools": [json.dumps({"name": "tool0", "default": None}), json.dumps({"other": [1]})],
    }  # fmt: skip
    path = folder / "data" / "sft" / "train-00000.parquet"
    path.parent.mkdir(parents=True)
    pq.write_table(make_table("sft", [row]), path)
    write_card(folder, RunConfig(size=1, domains=("banking",)), Contents({"sft": {"train": 1}}, 0))
    return folder


@pytest.fixture(scope="module")
def loaded(run: Path, odd: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `datasets` reads, in a process of its own with an empty cache and no network."""
    home = str(tmp_path_factory.mktemp("hf"))
    read = subprocess.run(
        [sys.executable, "-c", READ, str(run), str(odd)],
        env={**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": home},
        capture_output=True,
        text=True,
        check=False,
    )
    assert read.returncode == 0, read.stderr
    return json.loads(read.stdout)


@pytest.mark.parametrize("name", CONFIGS)
def test_features_are_those_that_datasets_dumps(loaded, name):
    assert loaded["dumped"][name] == FEATURES[name]
    assert loaded["schemas"][name]
    assert loaded["features"][name] == FEATURES[name]


def test_every_config_loads_with_the_rows_of_the_manifest(loaded, run):
    assert loaded["tree"] == read_manifest(run).rows
    assert loaded["tree"].keys() == set(CONFIGS)


def test_labels_are_named(loaded):
    assert loaded["labels"] == LABELS == ["benign", "sensitive", "malicious"]


def test_results_that_look_like_json_stay_text(loaded):
    messages = loaded["odd"][0]["completion"]
    assert tuple(m["content"] for m in messages if m["role"] == "tool") == RESULTS
    assert messages[-1]["content"] == "<think>\nso\n</think>\n\n1.0"
    [asked] = loaded["odd"][0]["prompt"]
    assert (asked["role"], asked["content"]) == ("user", "null")


def test_calls_are_objects_without_each_others_arguments(loaded):
    calls = [c for m in loaded["odd"][0]["completion"] for c in m["tool_calls"] or ()]
    arguments = [call["function"]["arguments"] for call in calls]
    assert arguments == [{f"a{n}": n} for n in range(len(RESULTS))]
    assert loaded["odd"][0]["tools"] == [{"name": "tool0", "default": None}, {"other": [1]}]


def test_no_call_of_a_run_is_padded(loaded):
    seen = set()
    for row in loaded["sft"]:
        schemas = {t["function"]["name"]: t["function"]["parameters"] for t in row["tools"]}
        for message in row["completion"]:
            assert isinstance(message["content"], str)
            for call in message["tool_calls"] or ():
                function = call["function"]
                seen.add(function["name"])
                assert None not in function["arguments"].values()
                assert (
                    function["arguments"].keys() <= schemas[function["name"]]["properties"].keys()
                )
    assert len(seen) > 3


@pytest.mark.parametrize("name", CONFIGS)
def test_a_table_of_no_rows_has_the_schema(name):
    table = make_table(name, [])
    assert (table.num_rows, table.schema) == (0, make_schema(name))


def test_arrays_hold_what_they_are_made_from():
    rows = [
        {
            **dict.fromkeys(make_schema("preference").names, "é" * n),
            "prompt": [{"role": "user", "content": "x" * n, "name": None, "tool_calls": None}] * n,
            "chosen": [
                {"role": "tool", "content": "", "name": None, "tool_calls": None},
                {"role": "a", "content": "b", "name": "c", "tool_calls": ["{}", "[]"][:n]},
            ][:n],
            "rejected": [],
            "rejected_faults": ["f"] * n,
            "tools": [],
        }
        for n in (0, 3, 1, 2)
    ]
    table = make_table("preference", rows)
    table.validate(full=True)
    assert table.to_pylist() == rows
    flags = [{**dict.fromkeys(make_schema("records").names, ""), "hard_negative": n % 3 == 0}
             for n in range(19)]  # fmt: skip
    numbers = ("user_label", "tool_label", "decision", "render_level", "turns")
    leaves = dict.fromkeys(FEATURES["records"]["leaves"], "l")
    rows = [{**row, **dict.fromkeys(numbers, -n), "leaves": leaves, "modifiers": []}
            for n, row in enumerate(flags)]  # fmt: skip
    assert make_table("records", rows).to_pylist() == rows
