"""Agreement with the leaderboard's own scorer and data, where TRIACT_BENCHMARKS names them."""

from pathlib import Path

import pytest

from train.benchmarks.bfcl.cases import (
    SINGLE_TURN,
    WITHOUT_ANSWERS,
    Category,
    load_cases,
    read_rows,
)
from train.benchmarks.bfcl.reference import list_refused
from train.benchmarks.bfcl.schema_types import CLASSES
from train.benchmarks.bfcl.scoring import score_rows
from train.benchmarks.bfcl.tools import list_tools, restore_names

REFUSED = {
    Category.SIMPLE_JAVA: 10,
    # Eight want an `Array` of texts, which are read with their quotes; two an `ArrayList` of
    # `any`, whose numbers are read as text.
    Category.LIVE_SIMPLE: 2,  # parameters for which nothing at all is accepted
    Category.LIVE_MULTIPLE: 2,  # answers with parameters that the functions lack
}
"""Cases whose own reference the official rules refuse, by category."""


@pytest.fixture(scope="module")
def data(benchmarks) -> Path:
    return benchmarks / "bfcl"


@pytest.fixture(scope="module")
def cases(data):
    return {category: load_cases(data, category) for category in SINGLE_TURN}


@pytest.fixture(scope="module")
def rows(data):
    return [row for _, row in read_rows(data / "conformance_ast_checker.jsonl")]


def test_every_row_has_the_verdict_of_the_official_checker(data, rows):
    scores = score_rows(rows, data).rows
    official = [(row["id"], row["variant"], row["valid"], row["error_type"]) for row in rows]
    ours = [
        (score.id, row["variant"], score.valid, score.error_type)
        for score, row in zip(scores, rows, strict=True)
    ]
    assert len(ours) > 3000
    assert [pair for pair in zip(ours, official, strict=True) if pair[0] != pair[1]] == []


def test_every_single_turn_case_is_read(cases):
    assert sum(map(len, cases.values())) == 3641
    for category, found in cases.items():
        assert all(bool(case.answers) != (category in WITHOUT_ANSWERS) for case in found)


def test_every_reference_is_accepted_but_for_those_known_to_be_wrong(cases):
    refused = {category: len(list_refused(found)) for category, found in cases.items()}
    assert {category: count for category, count in refused.items() if count} == REFUSED


def test_every_tool_is_one_that_an_endpoint_takes(cases):
    words = {word for classes in CLASSES.values() for word in classes}
    foreign = words - {"string", "integer", "boolean", "array"}
    for case in (case for found in cases.values() for case in found):
        restore_names([], case)
        for tool in list_tools(case):
            assert tool["function"]["name"].replace("_", "").replace("-", "").isalnum()
            assert len(tool["function"]["name"]) <= 64
            assert _list_types(tool["function"]["parameters"]) & foreign == set()


def _list_types(schema) -> set[str]:
    found = {schema["type"]} if "type" in schema else set()
    inner = [
        *schema.get("properties", {}).values(),
        schema.get("items"),
        schema.get("additionalProperties"),
    ]
    return found.union(*(_list_types(part) for part in inner if isinstance(part, dict)))
