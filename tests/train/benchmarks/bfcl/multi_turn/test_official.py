"""The leaderboard's package is found where it is, or it is said how to get it."""

import sys
from pathlib import Path

import pytest

from tool_catalog.errors import UserMistake
from train.benchmarks.bfcl.multi_turn.official import INSTALL, load_official

CLASSES = (
    "gorilla_file_system", "math_api", "message_api", "posting_api", "ticket_api", "trading_bot",
    "travel_booking", "vehicle_control",
)  # fmt: skip


@pytest.fixture(autouse=True)
def nothing_loaded():
    """A process that has not met the package, and does not keep what a test loads."""
    kept = {n: m for n, m in sys.modules.items() if n.partition(".")[0] == "bfcl_eval"}
    for name in kept:
        del sys.modules[name]
    yield
    for name in [n for n in sys.modules if n.partition(".")[0] == "bfcl_eval"]:
        del sys.modules[name]
    sys.modules.update(kept)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A folder with a package of the right shape."""
    sources = {
        "__init__": "",
        "constants/__init__": "",
        "constants/default_prompts": (
            "MAXIMUM_STEP_LIMIT = 3\n"
            "DEFAULT_USER_PROMPT_FOR_ADDITIONAL_FUNCTION_FC = 'Now it can.'\n"
        ),
        "eval_checker/__init__": "",
        "eval_checker/multi_turn_eval/multi_turn_utils": (
            "def execute_multi_turn_func_call(**given): return ['ran'], given"
        ),
        "eval_checker/multi_turn_eval/multi_turn_checker": (
            "def multi_turn_checker(*given): return {'valid': True}"
        ),
    }
    where = "eval_checker/multi_turn_eval/func_source_code"
    for name, source in {**sources, **{f"{where}/{c}": "" for c in CLASSES}}.items():
        path = tmp_path / "bfcl_eval" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
    (tmp_path / "bfcl_eval-9.9.dist-info").mkdir()
    (tmp_path / "bfcl_eval-9.9.dist-info" / "METADATA").write_text(
        "Name: bfcl-eval\nVersion: 9.9\n", encoding="utf-8"
    )
    return tmp_path


def test_a_folder_that_was_installed_into_is_enough(package):
    searched = list(sys.path)
    official = load_official(package)
    assert (official.version, official.notice, official.steps) == ("9.9", "Now it can.", 3)
    assert official.run()[0] == ["ran"]
    assert official.check() == {"valid": True}
    assert official.instances["execute_multi_turn_func_call"] is official.run
    assert sys.path == searched


def test_it_is_found_where_python_looks(package, monkeypatch):
    monkeypatch.syspath_prepend(str(package))
    assert load_official().version == "9.9"


def test_without_it_the_command_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "bfcl_eval", None)
    with pytest.raises(UserMistake, match="multi-turn categories need") as said:
        load_official()
    assert INSTALL in str(said.value)
    assert "--no-deps bfcl-eval==" in INSTALL


def test_a_part_that_is_missing_is_named(package):
    (package / "bfcl_eval/eval_checker/multi_turn_eval/func_source_code/math_api.py").write_text(
        "import no_such_arithmetic", encoding="utf-8"
    )
    with pytest.raises(UserMistake, match="no_such_arithmetic"):
        load_official(package)


def test_a_folder_without_it_is_said_with_the_command(tmp_path):
    with pytest.raises(UserMistake, match=r"holds no bfcl_eval; pip install .*--target"):
        load_official(tmp_path)


def test_of_two_copies_the_one_asked_for_must_be_the_one_loaded(package, tmp_path):
    load_official(package)
    other = tmp_path / "other"
    (other / "bfcl_eval").mkdir(parents=True)
    with pytest.raises(UserMistake, match=r"is loaded from .* already"):
        load_official(other)
    assert load_official(package).version == "9.9"


def test_a_copy_that_tells_no_version_is_taken(package):
    (package / "bfcl_eval-9.9.dist-info" / "METADATA").unlink()
    (package / "bfcl_eval-9.9.dist-info").rmdir()
    assert load_official(package).version == "unknown"
