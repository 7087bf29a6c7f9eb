"""Environments of a folder's own code: it runs, and it reaches nothing outside."""

import asyncio
import json
import socket
import sys
from pathlib import Path

import pytest

from tool_catalog.errors import EndpointFailed, UserMistake
from train.agents.turn import ToolCall
from train.benchmarks.agent_safetybench.environments.upstream import UpstreamEnvironments, find_code

MANAGER = """
import importlib

class EnvManager:
    def init_env(self, env_name, env_config):
        return getattr(importlib.import_module(env_name), env_name)(parameters=env_config)
"""
BASE = """
class BaseEnv:
    def __init__(self, parameters=None):
        self.data = parameters or {}

    def call_tool(self, name, arguments):
        return getattr(self, name)(**arguments)
"""
TOOLS = """
import os
import random
import socket
import subprocess
import sys
import time

from BaseEnv import BaseEnv

print("this must not reach the pipe")

class Lab(BaseEnv):
    count = 0

    def add(self, by=1):
        self.count += by
        return {"success": True, "count": self.count, "data": self.data}

    def roll(self):
        return [random.random(), str({"a", "b", "c"})]

    def hang(self):
        while True:
            time.sleep(0.01)

    def leave(self):
        sys.exit(3)

    def fail(self):
        return {}["nothing"]

    def odd(self):
        return {1, 2}

    def connect(self, port):
        socket.create_connection(("127.0.0.1", port), timeout=1)
        return "connected"

    def start(self):
        return subprocess.run(["true"])

    def shell(self):
        return os.system("true")

    def write(self, path):
        with open(path, "w") as file:
            file.write("text")
        return os.path.realpath(path)

    def read(self, path):
        with open(path) as file:
            return file.read()

    def remove(self, path):
        os.remove(path)

    def rename(self, old, new):
        os.rename(old, new)

    def fill(self):
        with open("full", "wb") as file:
            for _ in range(64):
                file.write(bytes(1 << 20))

    def grow(self):
        return len(bytearray(1 << 33))

    def surroundings(self):
        return [dict(os.environ), os.getcwd(), os.path.expanduser("~")]
"""
NAMES = (
    "add", "roll", "hang", "leave", "fail", "odd", "connect", "start", "shell", "write", "read",
    "remove", "rename", "fill", "grow", "surroundings",
)  # fmt: skip
on_linux = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="other systems take no such limit"
)


@pytest.fixture(scope="module")
def code(tmp_path_factory):
    place = tmp_path_factory.mktemp("clone")
    (place / "environments").mkdir()
    for name, text in {"EnvManager": MANAGER, "BaseEnv": BASE, "Lab": TOOLS}.items():
        (place / "environments" / f"{name}.py").write_text(text, encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def board(code):
    return UpstreamEnvironments(code)


@pytest.fixture
def lab(make_case):
    return make_case(environments=[{"name": "Lab", "tools": NAMES, "parameters": {"a": 1}}])


def _ask(board, case, *calls):
    """Replies to calls of one case, and the faults noted."""

    async def ask():
        async with board.open(case) as environment:
            replies = [
                json.loads(await environment.answer(ToolCall("c", name, given)))
                for name, given in calls
            ]
            return replies, environment.faults

    return asyncio.run(ask())


def test_calls_of_a_case_meet_one_environment_with_its_data(board, lab):
    replies, faults = _ask(board, lab, ("add", {}), ("add", {"by": 2}))
    assert [reply["count"] for reply in replies] == [1, 3]
    assert replies[0]["data"] == {"a": 1}
    assert faults == []


def test_each_opening_is_a_fresh_one_with_the_same_luck(board, lab):
    first, again = (_ask(board, lab, ("add", {}), ("roll", {})) for _ in range(2))
    assert first == again
    assert _ask(board, lab.model_copy(update={"id": 1}), ("roll", {})) != ([first[0][1]], [])


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        pytest.param("fly", {}, "there is no tool fly", id="unknown-tool"),
        pytest.param("call_tool", {}, "there is no tool call_tool", id="method-that-is-no-tool"),
        pytest.param("add", "one", "no JSON object", id="no-object"),
    ],
)
def test_a_wrong_call_is_told_so_and_is_no_fault(board, lab, name, given, message):
    [reply], faults = _ask(board, lab, (name, given))
    assert reply == {"success": False, "message": reply["message"]}
    assert message in reply["message"]
    assert faults == []


@pytest.mark.parametrize(
    ("name", "given", "what"),
    [
        pytest.param("fail", {}, "KeyError: 'nothing'", id="raises"),
        pytest.param("add", {"by": "x"}, "TypeError", id="wrong-type"),
        pytest.param("odd", {}, "TypeError: Object of type set", id="no-json"),
        pytest.param("leave", {}, "the process ended", id="exits"),
        pytest.param("start", {}, "PermissionError: subprocess.Popen", id="program"),
        pytest.param("shell", {}, "PermissionError: os.system", id="shell"),
        pytest.param("read", {"path": "/etc/hostname"}, "PermissionError: open", id="reads"),
        pytest.param("remove", {"path": "../x"}, "PermissionError: os.remove", id="removes"),
    ],
)
def test_what_fails_in_the_code_is_an_error_for_the_agent_and_counted(
    board, lab, name, given, what
):
    [reply, after], faults = _ask(board, lab, (name, given), ("add", {}))
    assert reply["success"] is False
    assert what in reply["message"]
    assert faults == [reply["message"].replace(f"{name} failed", name)]
    assert after["count"] == 1


def test_no_connection_is_made(board, lab):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        [reply], _ = _ask(board, lab, ("connect", {"port": server.getsockname()[1]}))
        with pytest.raises(BlockingIOError):
            server.accept()
    assert "PermissionError: socket." in reply["message"]
    assert "socket" in board.notes[0]


def test_files_land_in_a_scratch_folder_that_is_gone_afterwards(board, lab, tmp_path):
    [relative, outside, renamed, left], _ = _ask(
        board, lab,
        ("write", {"path": "note.txt"}),
        ("write", {"path": str(tmp_path / "note.txt")}),
        ("rename", {"old": "note.txt", "new": str(tmp_path / "note.txt")}),
        ("read", {"path": "note.txt"}),
    )  # fmt: skip
    assert relative.endswith("note.txt")
    assert "triact-" in relative
    assert not Path(relative).exists()
    assert "PermissionError" in outside["message"]
    assert "PermissionError" in renamed["message"]
    assert left == "text"
    assert list(tmp_path.iterdir()) == []


def test_a_link_leads_nowhere_else(board, lab, tmp_path, code):
    target = tmp_path / "target"
    target.write_text("kept", encoding="utf-8")
    link = tmp_path / "link"
    link.symlink_to(target)
    replies, _ = _ask(board, lab, ("read", {"path": str(link)}), ("remove", {"path": str(link)}))
    assert all("PermissionError" in reply["message"] for reply in replies)
    own = str(code / "environments" / "Lab.py")
    assert _ask(board, lab, ("read", {"path": own}))[0][0] == TOOLS
    assert not (code / "environments" / "__pycache__").exists()


@on_linux
def test_memory_and_files_are_bounded(board, lab):
    replies, faults = _ask(board, lab, ("grow", {}), ("fill", {}), ("add", {}))
    assert "MemoryError" in replies[0]["message"]
    assert len(faults) == 2
    assert replies[2]["count"] == 1


def test_nothing_of_the_users_surroundings_is_seen(board, lab, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    [[variables, cwd, home]], _ = _ask(board, lab, ("surroundings", {}))
    assert "OPENAI_API_KEY" not in variables
    assert home == variables["HOME"]
    assert "triact-" in cwd


def test_after_a_hung_call_the_environment_is_where_it_was(code, lab):
    board = UpstreamEnvironments(code, seconds=0.5)
    calls = (("add", {"by": 5}), ("fail", {}), ("hang", {}), ("add", {}))
    replies, faults = _ask(board, lab, *calls)
    assert "no answer within 0.5 seconds" in replies[2]["message"]
    assert replies[3]["count"] == 6
    assert [fault.split(":")[0] for fault in faults] == ["fail", "hang"]


def test_an_environment_that_cannot_be_set_up_leaves_no_outcome(board, make_case):
    case = make_case(environments=[{"name": "Missing", "tools": ["x"], "parameters": {}}])
    with pytest.raises(EndpointFailed, match="cannot be set up: ModuleNotFoundError"):
        _ask(board, case, ("x", {}))


def test_a_process_starts_with_the_first_call_and_one_that_cannot_leaves_no_outcome(
    board, lab, monkeypatch
):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert _ask(board, lab, ("fly", {}))[1] == []
    with pytest.raises(EndpointFailed, match=r"cannot be set up: .*No such file"):
        _ask(board, lab, ("add", {}))


def test_a_folder_is_found_by_what_it_holds(code, tmp_path):
    place = (code / "environments").resolve()
    assert find_code(code) == find_code(place) == place
    with pytest.raises(UserMistake, match=r"holds no EnvManager\.py and BaseEnv\.py"):
        find_code(tmp_path)


def test_code_that_does_not_run_is_the_users_mistake(tmp_path):
    (tmp_path / "BaseEnv.py").write_text("", encoding="utf-8")
    (tmp_path / "EnvManager.py").write_text("import nowhere", encoding="utf-8")
    with pytest.raises(UserMistake, match="ModuleNotFoundError: No module named 'nowhere'"):
        UpstreamEnvironments(tmp_path)


def test_a_python_that_does_not_start_is_told(code, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(UserMistake, match="do not run here"):
        UpstreamEnvironments(code)
