"""The card is what `load_dataset` and the Hub read."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from gen.config import HoldOut, RunConfig
from gen.runs.columns import write_rows
from gen.runs.features import make_table
from gen.runs.folder import read_manifest
from gen.runs.publishing.card import SPLITS, Contents, find_example, write_card
from gen.taxonomy.labels import Label

CONFIG = RunConfig(
    size=10,
    seed=31,
    domains=("banking",),
    policy="mine/house.yaml",
    hold_out=HoldOut(techniques=("T.K.terse",)),
)


def _read(folder: Path) -> tuple[dict[str, Any], str]:
    _, head, text = (folder / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    return yaml.safe_load(head), text


def test_a_card_names_files_that_are_there_and_no_others(run):
    head, _ = _read(run)
    named = {
        path.relative_to(run).as_posix()
        for config in head["configs"]
        for files in config["data_files"]
        for path in run.glob(files["path"])
    }
    assert named == {name for name in read_manifest(run).files if name.startswith("data/")}
    assert [c["config_name"] for c in head["configs"] if c.get("default")] == ["records"]


def test_a_card_lists_splits_in_their_order_and_leaves_out_empty_ones(tmp_path):
    rows = {"records": {"ood_domain": 3, "test": 0, "train": 5}, "sft": {}}
    write_card(tmp_path, CONFIG, Contents(rows, 2))
    head, text = _read(tmp_path)
    assert [c["config_name"] for c in head["configs"]] == ["records"]
    assert [f["split"] for f in head["configs"][0]["data_files"]] == ["train", "ood_domain"]
    assert text.index("| train | 5 |") < text.index("| ood_domain | 3 |")


def test_a_card_tells_how_the_run_was_made(tmp_path):
    write_card(tmp_path, CONFIG, Contents({"records": {"train": 5}}, 2))
    text = " ".join(_read(tmp_path)[1].split())
    assert "seed 31, policy house.yaml, over banking" in text
    assert "mine/" not in text, "a path of the user's machine is nobody else's business"
    assert "2 drafts failed a check" in text
    assert "| ood_technique | `T.K.terse` | | ood_encoding | none |" in text


def test_a_card_of_a_run_has_labels_an_example_limits_and_a_licence(run):
    text = _read(run)[1]
    counts = [line.split("|")[1:-1] for line in text.splitlines() if line.count("|") == 6]
    labels = [[cell.strip() for cell in row] for row in counts]
    assert labels[0] == ["user", "tool result", "execute", "verify", "refuse"]
    total = sum(int(cell) for row in labels[2:] for cell in row[2:])
    assert total == sum(read_manifest(run).records.values())
    example = json.loads(text.partition("````json\n")[2].partition("\n````")[0])
    assert example["tool_label"] == "malicious" or example["tool_label"] == "sensitive"
    assert example["completion"][-1]["role"] == "assistant"
    assert "## Limits and licence" in text
    assert "Apache 2.0" in text


def test_an_example_is_one_record_whatever_conversations_stand_before_it(records, tmp_path):
    longer = next(record for record in records if len(record.scenario.turns) == 3)
    attacked = next(record for record in records if record.role == "injected")
    quiet = longer.model_copy(update={"tool_label": Label.BENIGN})
    names = []
    for config in ("records", "sft"):
        rows = [row for record in (quiet, attacked) for row in write_rows(record)[config]]
        names.append(f"data/{config}/train-00000.parquet")
        (tmp_path / names[-1]).parent.mkdir(parents=True)
        pq.write_table(make_table(config, rows), tmp_path / names[-1])
    example = find_example(tmp_path, names)
    assert example is not None
    assert example["request"] == attacked.scenario.last.text
    assert example["completion"][-1]["content"].endswith(attacked.reference[-1].text)


def test_every_snippet_of_a_card_runs(run, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "datasets.config.HF_DATASETS_CACHE", tmp_path
    )  # it goes by names of folders
    code = _read(run)[1].partition("```python\n")[2].partition("```")[0]
    assert code.count("load_dataset(folder") == len(_read(run)[0]["configs"])
    assert '"path/of/this/folder"' in code
    code = code.replace("path/of/this/folder", str(run))
    names: dict[str, Any] = {}
    exec(compile(code, "card", "exec"), names)
    assert len(names["sft"]) == read_manifest(run).rows["sft"]["train"]


@pytest.mark.parametrize(
    ("count", "size"),
    [(1, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (99_999, "10K<n<100K"), (10**6, "1M<n<10M")],
)
def test_the_size_category_is_that_of_the_records(tmp_path, count, size):
    rows = {"records": {"train": count}, "sft": {"train": 10 * count}}
    write_card(tmp_path, CONFIG, Contents(rows, 0))
    assert _read(tmp_path)[0]["size_categories"] == [size]


def test_every_split_of_a_run_is_known_to_the_card(run):
    assert set(read_manifest(run).records) <= set(SPLITS)
