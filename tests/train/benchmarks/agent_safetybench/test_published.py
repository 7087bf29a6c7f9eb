"""Only what was published is read, and the message says where to get it."""

import json

import pytest

from tool_catalog.errors import UserMistake
from train.benchmarks.agent_safetybench.published import (
    CASES,
    ENVIRONMENTS,
    read_cases_file,
    read_tool_files,
)
from train.benchmarks.upstream.digest import compute_digest


@pytest.fixture
def digests(folder):
    return {
        CASES: compute_digest(read_cases_file(folder, None)),
        ENVIRONMENTS: compute_digest(read_tool_files(folder, None)),
    }


def _check(raised):
    assert "github.com/thu-coai/Agent-SafetyBench" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_content_counts_and_layout_does_not(folder, digests):
    path = folder / "released_data.json"
    cases = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(cases, indent=4), encoding="utf-8")
    assert read_cases_file(folder, digests) == cases
    assert sorted(read_tool_files(folder, digests)) == ["Garden", "Shed"]


def test_a_clone_keeps_the_cases_in_its_data_folder(folder, digests):
    (folder / "data").mkdir()
    (folder / "released_data.json").rename(folder / "data" / "released_data.json")
    assert len(read_cases_file(folder, digests)) == 5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(None, "cannot read .*released_data.json: No such file", id="missing"),
        pytest.param('[{"a": 1', "released_data.json is not JSON", id="cut-short"),
        pytest.param("[]", "released_data.json is not the published file", id="edited"),
    ],
)
def test_other_cases_are_the_users_mistake(folder, digests, text, message):
    path = folder / "released_data.json"
    path.unlink() if text is None else path.write_text(text, encoding="utf-8")
    with pytest.raises(UserMistake, match=message) as raised:
        read_cases_file(folder, digests)
    _check(raised)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        pytest.param("Shed", None, "holds 1 files that are not the published", id="missing"),
        pytest.param("Shed", "[]", "holds 2 files", id="edited"),
        pytest.param("Pond", "[]", "holds 3 files", id="added"),
        pytest.param("Shed", "[", "Shed.json is not JSON", id="cut-short"),
    ],
)
def test_other_tools_are_the_users_mistake(folder, digests, name, text, message):
    path = folder / "environments" / f"{name}.json"
    path.unlink() if text is None else path.write_text(text, encoding="utf-8")
    with pytest.raises(UserMistake, match=message) as raised:
        read_tool_files(folder, digests)
    _check(raised)


def test_a_folder_without_tools_is_told(tmp_path):
    with pytest.raises(UserMistake, match="holds no files of tools") as raised:
        read_tool_files(tmp_path, None)
    _check(raised)
