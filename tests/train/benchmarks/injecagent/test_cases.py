"""Cases, as read from files of the published form."""

import json

import pytest

from tool_catalog.errors import UserMistake
from train.benchmarks.injecagent.cases import AttackGoal, AttackType, Setting, load_cases

COUNTS = {AttackGoal.DIRECT_HARM: 510, AttackGoal.DATA_STEALING: 544}
TYPES = {
    AttackType.PHYSICAL_HARM: 170,
    AttackType.FINANCIAL_HARM: 153,
    AttackType.DATA_SECURITY_HARM: 187,
    AttackType.PHYSICAL_DATA: 187,
    AttackType.FINANCIAL_DATA: 102,
    AttackType.OTHERS: 255,
}


def test_a_case_is_read_with_its_place_and_its_literal_parameters(folder):
    cases = load_cases(folder, AttackGoal.DATA_STEALING, Setting.BASE, digests=None)
    assert [case.index for case in cases] == [0, 1]
    assert cases[1].attack_type is AttackType.FINANCIAL_DATA
    assert cases[0].attack is AttackGoal.DATA_STEALING
    assert cases[0].tool_parameters == {"title": "Heron Valley", "lent": None}
    assert cases[0].tools == ("LibraryFindBook", "DiaryReadPages", "GmailSendEmail")
    assert cases[0].attacker_instruction in cases[0].tool_response


def test_a_case_is_frozen(harm):
    with pytest.raises(ValueError, match="frozen"):
        harm.user_tool = "Other"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"Attacker Tools": []}, "dh wants 1 attacker tools", id="no-attacker-tool"),
        pytest.param({"Attacker Tools": ["A", "B"]}, "dh wants 1", id="one-too-many"),
        pytest.param({"Attack Type": "Mischief"}, "Attack Type Input should be", id="type"),
        pytest.param({"Tool Parameters": "f()"}, "Tool Parameters .*no Python literal", id="code"),
        pytest.param({"Tool Parameters": "{'a':"}, "no Python literal", id="broken-literal"),
        pytest.param({"Tool Parameters": "[1]"}, "Tool Parameters .*dictionary", id="a-list"),
        pytest.param(
            {"Tool Response Template": "{'note': 'x'}"}, "has no <Attacker", id="no-place"
        ),
        pytest.param({"User Tool": None}, "User Tool Input should be", id="no-user-tool"),
    ],
)
def test_a_case_of_another_form_is_named(folder, change, message):
    path = folder / "test_cases_dh_base.json"
    entries = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps([entries[0], entries[1] | change]), encoding="utf-8")
    with pytest.raises(
        UserMistake, match=f"test_cases_dh_base.json: case 1: .*{message}"
    ) as raised:
        load_cases(folder, AttackGoal.DIRECT_HARM, Setting.BASE, digests=None)
    assert "download" in str(raised.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param({"cases": []}, "holds no list of cases", id="an-object"),
        pytest.param(["case"], "case 0: Input should be", id="a-list-of-words"),
    ],
)
def test_a_file_of_another_form_is_named(folder, content, message):
    path = folder / "test_cases_dh_base.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(UserMistake, match=message):
        load_cases(folder, AttackGoal.DIRECT_HARM, Setting.BASE, digests=None)


def test_a_file_that_is_not_there_and_one_that_was_edited(folder):
    with pytest.raises(UserMistake, match=r"cannot read .*test_cases_dh_enhanced\.json"):
        load_cases(folder, AttackGoal.DIRECT_HARM, Setting.ENHANCED)
    with pytest.raises(UserMistake, match=r"test_cases_dh_base\.json is not the published file"):
        load_cases(folder, AttackGoal.DIRECT_HARM, Setting.BASE)


@pytest.mark.parametrize("setting", Setting)
def test_the_published_cases_are_counted_as_in_the_paper(benchmarks, setting):
    found = {a: load_cases(benchmarks / "injecagent", a, setting) for a in AttackGoal}
    assert {attack: len(cases) for attack, cases in found.items()} == COUNTS
    kinds = [case.attack_type for cases in found.values() for case in cases]
    assert {kind: kinds.count(kind) for kind in AttackType} == TYPES
    assert len({case.user_tool for cases in found.values() for case in cases}) == 17
    for attack, cases in found.items():
        assert {case.index for case in cases} == set(range(COUNTS[attack]))
        assert all(case.attacker_instruction in case.tool_response for case in cases)


def test_the_published_template_is_the_same_in_both_settings(benchmarks):
    found = [
        {c.user_tool: c.tool_response_template for a in AttackGoal
         for c in load_cases(benchmarks / "injecagent", a, setting)}
        for setting in Setting
    ]  # fmt: skip
    assert found[0] == found[1]
