"""The written features are those of `datasets`, and what it reads is what was written."""

import json
import os
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from gen.config import RunConfig
from gen.episode import list_tools, open_episode
from gen.records import Scenario, Step, ToolUse
from gen.runs.card import Contents, write_card
from gen.runs.columns import (
    CONFIGS,
    DECISIONS,
    FEATURES,
    LABELS,
    choose_wrong,
    make_schema,
    make_table,
    name_environment,
    write_flat,
    write_rows,
)
from gen.runs.folder import read_manifest
from gen.runs.messages import write_step, write_turns
from tool_catalog.sandbox import show_names
from tool_catalog.sandbox.view import read_texts
from tool_catalog.spec import Origin

RESULTS = ("42", "null", '{"x": 1}', "[1, 2]", "true", "", "plain")
READ = """
import json, sys
from datasets import Features, load_dataset
from gen.runs.columns import CONFIGS, FEATURES, make_schema
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


def test_a_row_of_each_config_speaks_of_its_record(records):
    for record in records[::5]:
        rows = write_rows(record)
        assert rows.keys() == {"records", "sft", "rl", "preference"}
        assert {name: len(some) for name, some in rows.items()} == {
            "records": 1, "sft": len(record.scenario.turns), "rl": 1, "preference": 1,
        }  # fmt: skip
        for name, some in rows.items():
            for row in some:
                assert row.keys() == FEATURES[name].keys()
                assert row["id"] == record.id
        [whole] = rows["records"]
        assert whole["record"] == record.model_dump_json()
        assert whole["request"] == record.scenario.last.text
        assert whole["turns"] == len(record.scenario.turns)
        assert LABELS[whole["user_label"]] == record.user_label
        assert DECISIONS[whole["decision"]] == record.scenario.last.expectation.decision


def test_a_conversation_has_a_row_a_turn_and_begins_the_others_where_its_last_one_does(records):
    longest = max(records, key=lambda record: len(record.scenario.turns))
    turns = [turn.text for turn in longest.scenario.turns]
    assert len(turns) == 3
    rows = write_rows(longest)
    assert [row["turn"] for row in rows["sft"]] == [0, 1, 2]
    for number, row in enumerate(rows["sft"]):
        said = [m["content"] for m in row["prompt"] if m["role"] == "user"]
        assert said == turns[: number + 1]
        assert row["completion"][-1]["role"] == "assistant"
    for before, after in pairwise(rows["sft"]):
        assert after["prompt"][: len(before["prompt"])] == before["prompt"]
        assert after["prompt"][len(before["prompt"]) : -1] == before["completion"]
    [rl], [pair], last = rows["rl"], rows["preference"], rows["sft"][-1]
    assert rl["prompt"] == pair["prompt"] == last["prompt"]
    assert pair["chosen"] == last["completion"]


def test_the_history_of_a_row_leads_to_its_prompt(records):
    """Played into the scenario, what stands in `history` gives the messages of `prompt`."""
    for record in records:
        [row] = write_rows(record)["rl"]
        scenario = Scenario.model_validate_json(row["scenario"])
        assert scenario == record.scenario
        episode = open_episode(scenario)
        said = [scenario.turns[0].text]
        for step in [Step.model_validate(data) for data in json.loads(row["history"])]:
            for use in step.calls:
                assert episode.act(use.tool, dict(use.arguments)) == use.result
            if not step.calls:
                said.append(episode.say(step.text))
        assert said == [m["content"] for m in row["prompt"] if m["role"] == "user"]
        assert episode.turn == len(scenario.turns) - 1


def test_a_response_is_what_the_sandbox_returned(records):
    for record in records:
        flat = write_flat(record)
        found = [(u.tool, u.result) for s in record.reference for u in s.calls
                 if u.tool in record.scenario.tools]  # fmt: skip
        if found:
            assert (flat["response_tool"], flat["response"]) in found
        else:
            assert (flat["response_tool"], flat["response"]) == ("", "")


def test_a_response_shows_what_its_label_is_about(records):
    seen = Counter()
    for record in records:
        due = [r.text for r in record.scenario.last.expectation.reportable if r.due]
        if record.tool_label == "malicious" and due:
            shown = [text for result in read_texts(json.loads(write_flat(record)["response"]))
                     for text in due if text in result]  # fmt: skip
            assert shown, record.id
            seen[record.role] += 1
    assert len(seen) >= 4


def test_the_content_is_the_outsiders_and_no_change_of_the_record(records):
    for record in records:
        placed = {p.origin: p.content for p in record.scenario.placements}
        assert write_flat(record)["content"] == placed.get(Origin.THIRD_PARTY, "")
    assert any(len(record.scenario.placements) > 1 for record in records)


def test_a_rejected_answer_is_one_of_the_executed_wrong_ones(records):
    for record in records:
        rows = write_rows(record)
        [pair], names = rows["preference"], show_names(list_tools(record.scenario))
        assert pair["rejected"] != pair["chosen"]
        wrong = choose_wrong(record)
        assert wrong in record.counterfactuals
        assert pair["rejected_faults"] == list(wrong.faults)
        messages, _ = write_turns(record.model_copy(update={"reference": wrong.steps}), names)
        assert messages == [*pair["prompt"], *pair["rejected"]]


def test_pairs_of_attacked_records_mostly_reject_giving_in(records):
    gave_in = [
        choose_wrong(record).name in ("follow_injection", "pass_on")
        for record in records
        if any(c.name in ("follow_injection", "pass_on") for c in record.counterfactuals)
    ]
    assert len(gave_in) > 20
    assert 0.5 * len(gave_in) <= sum(gave_in) < len(gave_in)


@pytest.mark.parametrize("name", CONFIGS)
def test_a_table_of_no_rows_has_the_schema(name):
    table = make_table(name, [])
    assert (table.num_rows, table.schema) == (0, make_schema(name))


def test_environments_are_equal_exactly_for_equal_bundles():
    assert name_environment(("email.a", "email.b")) == name_environment(("email.a", "email.b"))
    assert name_environment(("email.a", "email.b")) != name_environment(("email.b", "email.a"))
    assert name_environment(("email.a",)) != name_environment(("calendar.a",))


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
