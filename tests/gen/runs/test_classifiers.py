"""The configs of classifiers: each text once, and what alone tells two labels apart beside it."""

from collections import defaultdict
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

TEXT = {"prompts": "request", "tool_responses": "response"}
LABEL = {"prompts": "user_label", "tool_responses": "tool_label"}


def read(run: Path, config: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for path in sorted((run / "data" / config).glob("*.parquet")):
        split = path.stem.rpartition("-")[0]
        found += [{**row, "split": split} for row in pq.read_table(path).to_pylist()]
    return found


@pytest.mark.parametrize("config", TEXT)
def test_each_text_stands_once_under_each_of_its_labels(run: Path, config: str) -> None:
    rows = read(run, config)
    keys = [(row["text"], row["label"]) for row in rows]
    assert len(keys) == len(set(keys)) > 20
    records = read(run, "records")
    wanted = {(r[TEXT[config]], r[LABEL[config]]) for r in records if r[TEXT[config]]}
    assert set(keys) == wanted
    assert len(records) > len(rows)


@pytest.mark.parametrize("config", TEXT)
def test_a_text_with_two_labels_is_marked_and_carries_its_context(run: Path, config: str) -> None:
    labels: dict[str, set[int]] = defaultdict(set)
    for row in read(run, config):
        labels[row["text"]].add(row["label"])
    marked = 0
    for row in read(run, config):
        assert row["ambiguous"] == (len(labels[row["text"]]) > 1)
        marked += row["ambiguous"]
        if row["ambiguous"]:
            assert row["context"]
    assert marked
    contexts: dict[str, list[str]] = defaultdict(list)
    for row in read(run, config):
        if row["ambiguous"]:
            contexts[row["text"]].append(row["context"])
    assert all(len(set(found)) == len(found) for found in contexts.values())


def test_a_response_always_carries_the_request_it_came_for(run: Path) -> None:
    requests = {row["id"]: row["request"] for row in read(run, "records")}
    for row in read(run, "tool_responses"):
        assert requests[row["id"]] in row["context"]


@pytest.mark.parametrize("config", TEXT)
def test_a_text_stands_in_the_split_of_its_record(run: Path, config: str) -> None:
    splits = {row["id"]: row["split"] for row in read(run, "records")}
    for row in read(run, config):
        assert splits[row["id"]] == row["split"]
