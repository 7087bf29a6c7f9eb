"""The card is what `load_dataset` and the Hub read."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from gen.config import HoldOut, RunConfig
from gen.runs.card import SPLITS, write_card
from gen.runs.review import read_manifest

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
    assert named == set(read_manifest(run)["files"])
    assert [c["config_name"] for c in head["configs"] if c.get("default")] == ["records"]


def test_a_card_lists_splits_in_their_order_and_leaves_out_empty_ones(tmp_path):
    rows = {"records": {"ood_domain": 3, "test": 0, "train": 5}, "sft": {}}
    write_card(tmp_path, CONFIG, rows, 2)
    head, text = _read(tmp_path)
    assert [c["config_name"] for c in head["configs"]] == ["records"]
    assert [f["split"] for f in head["configs"][0]["data_files"]] == ["train", "ood_domain"]
    assert text.index("| train | 5 |") < text.index("| ood_domain | 3 |")


def test_a_card_tells_how_the_run_was_made(tmp_path):
    write_card(tmp_path, CONFIG, {"records": {"train": 5}}, 2)
    text = " ".join(_read(tmp_path)[1].split())
    assert "seed 31, policy house.yaml, over banking" in text
    assert "mine/" not in text, "a path of the user's machine is nobody else's business"
    assert "2 drafts failed a check" in text
    assert "techniques `T.K.terse`; encodings none" in text


@pytest.mark.parametrize(
    ("count", "size"),
    [(1, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (99_999, "10K<n<100K"), (10**6, "1M<n<10M")],
)
def test_the_size_category_is_that_of_the_records(tmp_path, count, size):
    write_card(tmp_path, CONFIG, {"records": {"train": count}, "sft": {"train": 10 * count}}, 0)
    assert _read(tmp_path)[0]["size_categories"] == [size]


def test_every_split_of_a_run_is_known_to_the_card(run):
    assert set(read_manifest(run)["records"]) <= set(SPLITS)
