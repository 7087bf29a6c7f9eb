"""A stage checks its inputs before anything heavy is imported."""

import importlib.util
from typing import Any

import pytest

import train.models.loading
from tool_catalog.errors import BadRun, UnknownName, UserMistake
from train.commands import check_inputs
from train.models.loading import require_training


def _hide(monkeypatch: pytest.MonkeyPatch, *hidden: str) -> None:
    """Let some packages look as if they were not installed."""
    real = importlib.util.find_spec

    def find(name: str, package: str | None = None) -> Any:
        return None if name in hidden else real(name, package)

    monkeypatch.setattr(train.models.loading, "find_spec", find)


def test_without_the_extra_training_says_what_to_install(monkeypatch):
    _hide(monkeypatch, "torch", "trl")
    with pytest.raises(UserMistake) as raised:
        require_training()
    assert str(raised.value) == (
        "training needs torch, trl; install it with: pip install 'triact[train]'"
    )


def test_a_stage_without_the_extra_is_not_opened(run, monkeypatch):
    _hide(monkeypatch, "torch")
    with pytest.raises(UserMistake, match=r"training needs torch; .*'triact\[train\]'"):
        check_inputs(run, "tiny", "think")


@pytest.mark.parametrize(("reasoning", "think"), [("think", True), ("none", False)])
def test_a_stage_is_opened_with_its_preset(run, reasoning, think):
    preset, found = check_inputs(run, "tiny", reasoning)
    assert (preset.name, found) == ("tiny", think)


def test_an_unknown_kind_of_reasoning_is_said(run):
    with pytest.raises(UserMistake, match="--reasoning 'thinking': choose think or none"):
        check_inputs(run, "tiny", "thinking")


def test_an_unknown_preset_is_said_with_what_is_near(run):
    with pytest.raises(UnknownName, match=r"no preset 'tini'; did you mean tiny\?"):
        check_inputs(run, "tini", "think")


def test_an_unfinished_run_is_not_trained_on(run, tmp_path):
    (tmp_path / "config.json").write_bytes((run / "config.json").read_bytes())
    with pytest.raises(BadRun, match="unfinished"):
        check_inputs(tmp_path, "tiny", "think")
