"""Each text of a run once; under two labels it stands twice, marked, with what tells them apart."""

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from gen.records import Record, Step
from gen.runs.classifiers import write_classifiers
from gen.runs.columns import write_flat, write_rows
from gen.runs.features import FEATURES, LABELS, make_table
from gen.runs.files import hash_file
from gen.taxonomy.labels import Label

Written = dict[str, list[dict[str, Any]]]
Write = Callable[..., Written]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write records, by the name of their shard, and read the configs drawn from them."""

    def draw(**shards: list[Record]) -> Written:
        names = []
        for shard, records in sorted(shards.items()):
            name = f"data/records/{shard.replace('_', '-')}.parquet"
            rows = [write_rows(record)["records"][0] for record in records]
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(make_table("records", rows), tmp_path / name, row_group_size=3)
            names.append(name)
        files = write_classifiers(tmp_path, names)
        found: Written = defaultdict(list)
        for name, entry in sorted(files.items()):
            rows = pq.read_table(tmp_path / name).to_pylist()
            assert (entry.rows, entry.sha256) == (len(rows), hash_file(tmp_path / name))
            _, config, file = name.split("/")
            found[config] += [{**row, "split": file.removesuffix("-00000.parquet")} for row in rows]
        return found

    return draw


@pytest.fixture
def plain(records: list[Record]) -> Record:
    """A record of one turn that read something and made no other call."""
    return next(r for r in records if r.role == "anchor" and len(r.scenario.turns) == 1)


def change(record: Record, name: str, text: str = "", system: str = "", **more: Any) -> Record:
    """The record under another id, with another request or system message."""
    turn = record.scenario.last.model_copy(update={"text": text or record.scenario.last.text})
    scenario = record.scenario.model_copy(
        update={"turns": (turn,), "system": system or record.scenario.system}
    )
    return record.model_copy(update={"id": name, "scenario": scenario, **more})


def see(rows: list[dict[str, Any]]) -> list[tuple[str, str, bool]]:
    return [(row["id"], LABELS[row["label"]], row["ambiguous"]) for row in rows]


def test_a_text_that_occurs_often_stands_once_where_it_occurs_first(
    write: Write, plain: Record
) -> None:
    records = [change(plain, name, "Do it.") for name in "abcd"]
    found = write(train_00000=records[:2], train_00001=records[2:])
    for config in ("prompts", "tool_responses"):
        assert see(found[config]) == [("a", "benign", False)]
    assert found["prompts"][0]["context"] == ""
    assert found["tool_responses"][0]["context"] == "Do it."


def test_a_text_of_two_splits_stands_in_one_of_them(write: Write, plain: Record) -> None:
    found = write(test_00000=[change(plain, "a")], train_00000=[change(plain, "b")])
    assert [row["split"] for row in found["prompts"]] == ["test"]


def test_a_request_under_two_labels_is_two_rows_with_what_was_around_it(
    write: Write, plain: Record
) -> None:
    one = change(plain, "a", "Do it.", "Nothing is forbidden.")
    two = change(plain, "b", "Do it.", "Doing is forbidden.", user_label=Label.MALICIOUS)
    other = change(plain, "c", "Do that.")
    found = write(train_00000=[one, other], train_00001=[two])["prompts"]
    assert see(found) == [("a", "benign", True), ("c", "benign", False), ("b", "malicious", True)]
    allowed, alone, forbidden = (row["context"] for row in found)
    assert allowed.startswith("Nothing is forbidden.\n")
    assert forbidden.startswith("Doing is forbidden.\n")
    assert alone == ""


def test_a_result_under_two_labels_carries_the_conversation(write: Write, plain: Record) -> None:
    one = change(plain, "a", "Work through my list.")
    two = change(plain, "b", "Read it to me.", tool_label=Label.MALICIOUS)
    found = write(train_00000=[one, two])["tool_responses"]
    assert see(found) == [("a", "benign", True), ("b", "malicious", True)]
    assert found[0]["text"] == found[1]["text"] == write_flat(plain)["response"]
    for row, said in zip(found, ("Work through my list.", "Read it to me."), strict=True):
        system, _, rest = row["context"].partition("\nUser: ")
        assert system == plain.scenario.system
        assert rest.split("\n")[0] == said
        assert row["text"] not in row["context"]


def test_a_context_holds_earlier_turns_and_reads_but_nothing_that_was_done(
    write: Write, records: list[Record]
) -> None:
    record = next(r for r in records if r.role == "approved_earlier")
    tools = {t for s in record.reference for u in s.calls for t in [u.tool]}
    acts = tools - {"ask_user"}
    other = record.model_copy(update={"id": "b", "user_label": Label.MALICIOUS})
    [context, _] = (row["context"] for row in write(train_00000=[record, other])["prompts"])
    lines = context.split("\n")
    assert f"User: {record.scenario.turns[0].text}" in lines
    assert f"User: {record.scenario.last.text}" not in lines
    told = {line.partition(": ")[0] for line in lines} & acts
    done = {match.tool for match in record.scenario.last.expectation.approved}
    assert done and told and not told & done


def test_a_record_that_read_nothing_gives_no_result(write: Write, plain: Record) -> None:
    quiet = plain.model_copy(update={"reference": (Step(text="No."),)})
    found = write(train_00000=[quiet])
    assert len(found["prompts"]) == 1
    assert found["tool_responses"] == []


def test_rows_have_the_columns_of_their_config(write: Write, records: list[Record]) -> None:
    for config, rows in write(train_00000=records[:30]).items():
        assert rows[0].keys() - {"split"} == FEATURES[config].keys()


def test_a_run_holds_each_text_once_a_label_and_no_two_labels_look_alike(
    write: Write, records: list[Record]
) -> None:
    found = write(test_00000=records[::2], train_00000=records[1::2])
    for config, text in (("prompts", "request"), ("tool_responses", "response")):
        rows = found[config]
        assert len({(row["text"], row["label"]) for row in rows}) == len(rows)
        flat = [write_flat(record) for record in records]
        assert {row["text"] for row in rows} == {row[text] for row in flat} - {""}
        groups = defaultdict(list)
        for row in rows:
            groups[row["text"]].append(row)
        for group in groups.values():
            assert {row["ambiguous"] for row in group} == {len(group) > 1}
            if len(group) > 1:
                assert len({row["context"] for row in group}) == len(group), group[0]["id"]
        assert any(len(group) > 1 for group in groups.values())


def read(run: Path, config: str) -> list[dict[str, Any]]:
    """Rows of a config of a run, with their split."""
    return [
        {**row, "split": path.stem.rpartition("-")[0]}
        for path in sorted((run / "data" / config).iterdir())
        for row in pq.read_table(path).to_pylist()
    ]


def test_a_response_of_a_run_always_carries_the_request_it_came_for(run: Path) -> None:
    requests = {row["id"]: row["request"] for row in read(run, "records")}
    rows = read(run, "tool_responses")
    assert {row["ambiguous"] for row in rows} == {True, False}
    assert all(requests[row["id"]] in row["context"] for row in rows)


@pytest.mark.parametrize("config", ["prompts", "tool_responses"])
def test_a_text_of_a_run_stands_in_the_split_of_its_record(run: Path, config: str) -> None:
    splits = {row["id"]: row["split"] for row in read(run, "records")}
    assert all(splits[row["id"]] == row["split"] for row in read(run, config))
