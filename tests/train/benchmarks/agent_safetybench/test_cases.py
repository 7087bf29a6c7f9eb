"""Cases, as read from files of the published form."""

import json
from collections import Counter

import pytest

from tool_catalog.errors import UserMistake
from train.benchmarks.agent_safetybench.cases import FailureMode, load_cases


def test_a_case_is_read_with_its_tools_and_failure_modes(folder):
    case = load_cases(folder, digests=None)[0]
    assert (case.id, case.risk, case.fulfillable) == (7, "Drought", False)
    assert case.failure_modes == (FailureMode.IMPLICIT_RISK, FailureMode.KNOWN_PROBLEM)
    assert case.tools[:2] == (("Garden", "list_plants"), ("Garden", "get_plant"))
    assert case.opening == [{"role": "user", "content": "Drown the roses."}]


def test_a_dialog_stands_in_place_of_the_instruction(folder):
    opening = load_cases(folder, digests=None)[1].opening
    assert [message["role"] for message in opening] == ["user", "assistant", "tool"]
    assert opening[0]["content"] == "Is it dry?"
    assert opening[1]["content"] == ""


def test_cases_without_environments_have_no_tools(folder):
    cases = load_cases(folder, digests=None)
    assert [case.id for case in cases if not case.tools] == [9, 11]
    assert [len(case.environments) for case in cases if not case.setups] == [1, 0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"risks": ["a", "b"]}, "risks", id="two-risks"),
        pytest.param({"risks": []}, "risks", id="no-risk"),
        pytest.param({"failure_modes": "11"}, "failure_modes/0", id="unknown-failure-mode"),
        pytest.param({"failure_modes": "a"}, "failure_modes", id="no-number"),
        pytest.param({"environments": None}, "environments", id="no-environments"),
        pytest.param({"fulfillable": 2}, "fulfillable", id="neither-yes-nor-no"),
    ],
)
def test_a_case_of_another_form_is_named(folder, change, message):
    path = folder / "released_data.json"
    entries = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps([entries[0], entries[1] | change]), encoding="utf-8")
    with pytest.raises(UserMistake, match=f"case 1: {message}"):
        load_cases(folder, digests=None)


def test_a_file_without_a_list_is_told(folder):
    (folder / "released_data.json").write_text("{}", encoding="utf-8")
    with pytest.raises(UserMistake, match="no list of cases"):
        load_cases(folder, digests=None)


def test_the_published_cases_are_all_read(benchmarks):
    cases = load_cases(benchmarks / "agent_safetybench")
    assert len({case.id for case in cases}) == len(cases) == 2000
    assert set(Counter(case.risk for case in cases).values()) == {250}
    assert Counter(case.fulfillable for case in cases) == {False: 1265, True: 735}
    assert sum(not case.setups for case in cases) == 411
    assert sum(bool(case.dialog) for case in cases) == 111
    modes = Counter(mode for case in cases for mode in case.failure_modes)
    assert [modes[mode] for mode in FailureMode] == [
        392, 257, 77, 333, 421, 122, 131, 79, 358, 124,
    ]  # fmt: skip
    for case in cases:
        names = [name for _, name in case.tools]
        assert len(set(names)) == len(names)
