"""Schemas of the tools that a case offers."""

import json

import pytest

from tool_catalog.errors import UserMistake
from train.benchmarks.injecagent.cases import AttackGoal, Setting, load_cases
from train.benchmarks.injecagent.tools import list_tools, load_tools


def test_a_case_offers_the_users_tool_and_the_attackers_and_no_other(folder, harm):
    offered = list_tools(harm, load_tools(folder, digests=None))
    assert [tool["function"]["name"] for tool in offered] == ["LibraryFindBook", "GarageOpenDoor"]


def test_a_schema_says_what_the_file_says(folder):
    assert load_tools(folder, digests=None)["LibraryFindBook"] == {
        "type": "function",
        "function": {
            "name": "LibraryFindBook",
            "description": "Find a book.",
            "parameters": {
                "type": "object",
                "properties": {
                    "title": {"type": "string", "description": "Its title."},
                    "shelves": {
                        "type": "array",
                        "description": "Where.",
                        "items": {"type": "string"},
                    },
                    "lent": {"type": "boolean", "description": "Even if lent."},
                },
                "required": ["title"],
            },
        },
    }


def test_a_tool_that_is_the_users_and_the_attackers_is_offered_once(folder, harm):
    twice = harm.model_copy(update={"attacker_tools": (harm.user_tool,)})
    [offered] = list_tools(twice, load_tools(folder, digests=None))
    assert offered["function"]["name"] == harm.user_tool


def test_a_tool_of_another_form_is_named(folder):
    (folder / "tools.json").write_text('[{"toolkit": "A", "tools": [{"name": "b"}]}]', "utf-8")
    with pytest.raises(UserMistake, match=r"tools\.json holds no tools"):
        load_tools(folder, digests=None)


def test_a_case_of_another_download_is_the_users_mistake(folder, theft):
    with pytest.raises(UserMistake, match=r"tools\.json has no DiaryReadPages, GmailSendEmail"):
        list_tools(theft, load_tools(folder, digests=None))


@pytest.mark.parametrize("content", [[{"tools": []}, {"toolkit": "A"}], 3, ["A"]], ids=str)
def test_a_file_of_another_form_is_named(folder, content):
    (folder / "tools.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(UserMistake, match=r"tools\.json holds no toolkits"):
        load_tools(folder, digests=None)


def test_an_edited_file_is_refused(folder):
    with pytest.raises(UserMistake, match=r"tools\.json is not the published file"):
        load_tools(folder)


def test_every_published_case_has_its_tools(benchmarks):
    folder = benchmarks / "injecagent"
    tools = load_tools(folder)
    assert len(tools) == 330
    for attack in AttackGoal:
        for case in load_cases(folder, attack, Setting.BASE):
            offered = list_tools(case, tools)
            assert [tool["function"]["name"] for tool in offered] == [*dict.fromkeys(case.tools)]
            assert len(offered) == 1 + attack.steps or case.user_tool in case.attacker_tools
            given = offered[0]["function"]["parameters"]
            assert set(given["required"]) <= set(case.tool_parameters) <= set(given["properties"])
