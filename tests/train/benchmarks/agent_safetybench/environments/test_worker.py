"""What the process of published environments may do; that it does, `test_upstream` shows."""

import os

import pytest

from train.benchmarks.agent_safetybench.environments import upstream
from train.benchmarks.agent_safetybench.environments.upstream import UpstreamEnvironments
from train.benchmarks.agent_safetybench.environments.worker import call, describe, make_guard


@pytest.fixture
def guard(tmp_path):
    for name in ("scratch", "library"):
        (tmp_path / name).mkdir()
    readable = [str(tmp_path / "scratch"), str(tmp_path / "library")]
    return make_guard(readable, str(tmp_path / "scratch"))


@pytest.mark.parametrize(
    ("event", "given", "permitted"),
    [
        pytest.param("open", ("scratch/a", "w", os.O_WRONLY), True, id="writes-in-scratch"),
        pytest.param("open", ("library/a", "r", os.O_RDONLY), True, id="reads-library"),
        pytest.param("open", ("library/a", "w", os.O_RDWR), False, id="writes-library"),
        pytest.param("open", ("elsewhere", "r", os.O_RDONLY), False, id="reads-elsewhere"),
        pytest.param("open", ("scratch/../a", "r", os.O_RDONLY), False, id="up-and-out"),
        pytest.param("open", ("scratchy", "w", os.O_CREAT), False, id="name-that-begins-alike"),
        pytest.param("open", (3, "w", os.O_WRONLY), True, id="what-is-open-already"),
        pytest.param("os.mkdir", ("scratch/b", 0o777, -1), True, id="folder-in-scratch"),
        pytest.param("os.mkdir", ("library/b", 0o777, -1), False, id="folder-in-library"),
        pytest.param("os.listdir", ("library",), True, id="lists-library"),
        pytest.param("os.listdir", ("elsewhere",), False, id="lists-elsewhere"),
        pytest.param("os.rename", ("scratch/a", "scratch/b", -1, -1), True, id="renames"),
        pytest.param("os.rename", ("scratch/a", "b", -1, -1), False, id="moves-out"),
        pytest.param("socket.__new__", (None, 2, 1, 0), False, id="socket"),
        pytest.param("subprocess.Popen", ("ls", ["ls"], None, None), False, id="program"),
        pytest.param("os.fork", (), False, id="fork"),
        pytest.param("os.kill", (1, 9), False, id="signal"),
        pytest.param("ctypes.dlopen", ("libc",), False, id="foreign-code"),
        pytest.param("import", ("json", None, None, None, None), True, id="import"),
    ],
)
def test_a_guard_permits_what_stays_inside(guard, tmp_path, monkeypatch, event, given, permitted):
    monkeypatch.chdir(tmp_path)
    if permitted:
        guard(event, given)
        return
    with pytest.raises(PermissionError, match=event):
        guard(event, given)


def test_an_error_is_told_on_one_line_of_bounded_length():
    assert describe(ValueError("a\n b")) == "ValueError: a b"
    assert len(describe(ValueError("x" * 1000))) == 300


def test_a_call_gives_json_or_what_it_raised():
    class Toy:
        def call_tool(self, name, arguments):
            return arguments.pop(name)

    given = {"a": [1]}
    assert call(Toy(), "a", given) == {"reply": "[1]"}
    assert given == {"a": [1]}
    assert call(Toy(), "b", given) == {"raised": "KeyError: 'b'"}


def test_where_no_namespace_is_permitted_the_notes_say_so(tmp_path, monkeypatch):
    for name in ("EnvManager.py", "BaseEnv.py"):
        (tmp_path / name).write_text("", encoding="utf-8")
    monkeypatch.setattr(upstream, "probe", lambda folder: "sockets")
    assert "no network namespace is permitted here" in UpstreamEnvironments(tmp_path).notes[0]
