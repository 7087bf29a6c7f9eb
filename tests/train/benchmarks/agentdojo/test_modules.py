"""Modules of the user: what they register is found, and what is wrong with them is a line."""

import sys

import pytest

pytest.importorskip("agentdojo", reason="the extra agentdojo is not installed")

from tool_catalog.errors import UserMistake
from train.benchmarks.agentdojo.modules import load_modules
from train.benchmarks.agentdojo.selection import check_attack, find_suites


def test_a_file_registers_a_suite_and_an_attack(desk):
    load_modules([desk, desk])
    suites = find_suites("desk-1", [])
    assert [*suites] == ["desk"]
    assert [*suites["desk"].user_tasks] == ["user_task_0", "user_task_1"]
    check_attack("blunt")


def test_a_module_is_found_by_its_name_in_the_current_folder(desk, tmp_path, monkeypatch):
    (tmp_path / "named_desk.py").write_text(
        "from agentdojo.attacks import BaseAttack, register_attack\n"
        "class Named(BaseAttack):\n    name = 'named'\n"
        "register_attack(Named)\n"
    )
    monkeypatch.chdir(tmp_path)
    path = [*sys.path]
    load_modules(["named_desk"])
    check_attack("named")
    assert sys.path == path


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("import no_such_thing_at_all", "no_such_thing_at_all"),
        ("def (", "SyntaxError"),
        ("raise SystemExit('enough')", "enough"),
        ("nothing = 1", "registers nothing"),
        (None, "no such file"),
    ],
    ids=["raises", "imports", "syntax", "exits", "nothing", "missing"],
)
def test_a_module_that_fails_or_registers_nothing_is_named_in_one_line(text, hint, tmp_path):
    path = tmp_path / "mine.py"
    if text is not None:
        path.write_text(text)
    with pytest.raises(UserMistake) as caught:
        load_modules([str(path)])
    assert hint in str(caught.value)
    assert str(path) in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_a_name_that_python_does_not_find_is_a_mistake():
    with pytest.raises(UserMistake, match="--module no_such_module_at_all"):
        load_modules(["no_such_module_at_all"])


def test_tasks_added_to_a_known_suite_count_as_registered(desk, tmp_path):
    load_modules([desk])
    path = tmp_path / "more.py"
    path.write_text(
        "from agentdojo.task_suite.load_suites import get_suite\n"
        "desk = get_suite('desk-1', 'desk')\n"
        "base = type(desk.user_tasks['user_task_0'])\n"
        "desk.register_user_task(type('UserTask7', (base,), {}))\n"
    )
    load_modules([str(path)])
    assert "user_task_7" in find_suites("desk-1", [])["desk"].user_tasks
