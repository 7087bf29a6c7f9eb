"""Names that there are not end in a line with those that there are."""

import pytest

pytest.importorskip("agentdojo", reason="the extra agentdojo is not installed")

from agentdojo.task_suite.load_suites import _SUITES as SUITES

from tool_catalog.errors import UserMistake
from train.benchmarks.agentdojo.selection import (
    check_attack,
    check_defense,
    check_tasks,
    find_suites,
    name_model,
)


def test_the_current_version_has_949_pairs_97_user_tasks_and_35_injection_tasks():
    suites = find_suites("v1.2.2", [])
    sizes = [(len(s.user_tasks), len(s.injection_tasks)) for s in suites.values()]
    assert sum(users * injections for users, injections in sizes) == 949
    assert [*map(sum, zip(*sizes, strict=True))] == [97, 35]
    assert [*find_suites("v1.2.2", ["slack", "banking"])] == ["banking", "slack"]


@pytest.mark.parametrize(
    ("look", "hint"),
    [
        (lambda: find_suites("v9", []), "v1.2.2"),
        (lambda: find_suites("v1.2.2", ["bankng"]), "did you mean banking"),
        (lambda: check_attack("importan_instructions"), "did you mean important_instructions"),
        (lambda: check_attack("manual"), "terminal"),
        (lambda: check_defense("repeat_prompt"), "did you mean repeat_user_prompt"),
        (lambda: check_defense("tool_filter"), "OpenAI's own client"),
        (lambda: check_defense("transformers_pi_detector"), "Hub"),
        (lambda: check_tasks(find_suites("v1.2.2", ["slack"]), ["user_task_77"], []), "in slack"),
        (lambda: check_tasks(find_suites("v1.2.2", ["slack"]), [], ["injection_task_9"]), "slack"),
    ],
    ids=["version", "suite", "attack", "manual", "defense", "filter", "detector", "user", "inj"],
)
def test_what_is_not_there_or_cannot_be_used_is_one_line(look, hint):
    with pytest.raises(UserMistake) as caught:
        look()
    assert hint in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_looking_for_a_version_does_not_make_it():
    for _ in range(2):
        with pytest.raises(UserMistake):
            find_suites("v9", [])
    assert "v9" not in SUITES


def test_names_that_can_be_used_pass():
    check_attack("none")
    check_attack("dos")
    check_defense(None)
    check_defense("spotlighting_with_delimiting")
    check_tasks(find_suites("v1.2.2", []), ["user_task_39"], ["injection_task_13"])


@pytest.mark.parametrize(
    ("served", "name"),
    [(None, "local"), ("my-model", "local"), ("gpt-4o-2024-05-13", "gpt-4o-2024-05-13")],
)
def test_only_models_that_upstream_can_address_keep_their_names(served, name):
    assert name_model(served) == name
