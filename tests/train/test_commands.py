"""A stage checks its inputs before anything heavy is imported."""

import errno
import importlib.util
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from loopback import Loopback, Raw
from typer.testing import CliRunner, Result

import train.models.loading
from tool_catalog.errors import BadRun, UnknownName, UserMistake
from train.cli import app
from train.commands import EVALUATION, check_inputs
from train.evaluation.session import Measured
from train.evaluation.transcripts import Store
from train.models.folder import read_preset
from train.models.loading import require_training
from train.presets import PRETRAINED, load_preset
from train.scratch.tiny import build_model, build_tokenizer


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


@pytest.fixture
def mine(run: Path, tmp_path: Path) -> Path:
    """A copy of the run, to measure on."""
    return Path(shutil.copytree(run, tmp_path / "mine"))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained model of a preset that says little."""
    tokenizer = build_tokenizer(["one two three"] * 4, 300)
    shape = load_preset("tiny").shape
    assert shape is not None
    folder = tmp_path_factory.mktemp("models") / "small"
    made = build_model(tokenizer, seed=1, **shape.model_dump(exclude={"vocab_size", "digits"}))
    made.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _evaluate(run: Path, *more: object) -> Result:
    arguments = ["evaluate", str(run), "--limit", "1", *map(str, more)]
    return CliRunner(env={"COLUMNS": "160"}).invoke(app, arguments)


def test_a_model_here_and_one_behind_an_endpoint_are_measured_alike(mine, model):
    with Loopback(lambda body: "I will not do that.") as server:
        result = _evaluate(mine, "--model", model, "--max-tokens", 4, "--max-unscored", 1,
                           "--endpoint", server.url, "--model-name", "org/m")  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "small" in result.output
    assert "org-m" in result.output
    report = json.loads((mine / "report.json").read_text(encoding="utf-8"))
    assert list(report["scores"]) == ["small", "org-m"]
    local, served = (report["scores"][name]["test"] for name in report["scores"])
    assert local["cases"] == served["cases"] > 0
    assert served["metrics"]["over_refusal"]["value"] == 1.0
    assert list(report["paired"]) == ["org-m - small: test"]
    kept = sorted(path.name for path in (mine / EVALUATION).iterdir())
    assert kept == [f"{model.parent.name}-small", "org-m"]


def test_evaluate_on_an_endpoint_is_benchmark_own(mine, tmp_path):
    with Loopback(lambda body: "I will not do that.") as server:
        assert _evaluate(mine, "--endpoint", server.url, "--model-name", "m").exit_code == 0
        asked = len(server.requests)
        own = ["benchmark", "own", "--run", mine, "--limit", 1, "--endpoint", server.url,
               "--model", "m", "--out", tmp_path / "own"]  # fmt: skip
        assert CliRunner().invoke(app, [*map(str, own)]).exit_code == 0
    first, second = server.requests[:asked], server.requests[asked:]
    assert sorted(map(str, first)) == sorted(map(str, second))
    ours = json.loads((mine / "report.json").read_text(encoding="utf-8"))["scores"]["m"]["test"]
    theirs = json.loads((tmp_path / "own" / "report.json").read_text(encoding="utf-8"))
    for name, found in theirs["figures"]["measures"].items():
        assert ours["metrics"][name] == found, name


def test_an_evaluation_is_kept_continued_and_replaced_only_when_asked(mine):
    with Loopback(lambda body: "No.") as server:
        served = ("--endpoint", server.url, "--model-name", "m")
        assert _evaluate(mine, *served).exit_code == 0
        asked = len(server.requests)
        again = _evaluate(mine, *served)
        assert (again.exit_code, len(server.requests)) == (2, asked)
        assert "continue it with --resume, replace it with --force" in again.stderr
        assert _evaluate(mine, *served, "--resume").exit_code == 0
        assert len(server.requests) == asked
        assert _evaluate(mine, *served, "--force").exit_code == 0
        assert len(server.requests) == 2 * asked


def test_cases_that_failed_are_in_no_score_and_are_named(mine, monkeypatch):
    monkeypatch.setattr("gen.engine.endpoint.ChatClient._choose_wait", lambda self, attempt: 0.0)

    def answer(body):
        long = len(str(body["messages"][1]["content"])) % 2
        return Raw(500, {"error": {"message": "down"}}) if long else "No."

    with Loopback(answer) as server:
        result = _evaluate(mine, "--endpoint", server.url, "--model-name", "m")
    assert result.exit_code == 1, result.output
    assert "errors are run again with --resume" in result.output
    assert "cases have no score" in result.stderr
    report = json.loads((mine / "report.json").read_text(encoding="utf-8"))
    failed = report["unscored"]["m"]
    assert 0 < len(failed)
    assert report["scores"]["m"]["test"]["cases"] > 0
    assert set(failed) & set(Store(mine / EVALUATION / "m").read()) == set(failed)


def test_cases_that_a_filter_stops_count_against_the_agent(mine):
    refusal = Raw(400, {"error": {"message": "against the rules", "code": "content_filter"}})
    with Loopback(lambda body: refusal) as server:
        result = _evaluate(mine, "--endpoint", server.url, "--model-name", "m")
    assert result.exit_code == 1, result.output
    assert "a filter of the server stopped a turn" in result.stderr
    report = json.loads((mine / "report.json").read_text(encoding="utf-8"))
    found = report["scores"]["m"]["test"]
    assert found["unscored"] == found["cases"] == len(report["unscored"]["m"]) > 0
    assert found["metrics"]["accuracy"]["value"] == 0


def test_an_evaluation_without_any_case_that_was_played_says_so(mine):
    refusal = Raw(400, {"error": {"message": "odd field"}})
    with Loopback(lambda body: refusal) as server:
        result = _evaluate(mine, "--endpoint", server.url, "--model-name", "m")
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit)
    assert "no measurement of m; mostly error: HTTP 400: odd field" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "name an agent: --model DIR, or --endpoint URL --model-name NAME"),
        (("--endpoint", "http://x/v1"), "give both --endpoint and --model-name, or neither"),
        (("--model-name", "m"), "give both --endpoint and --model-name, or neither"),
        (("--model-name", "m", "--endpoint", "x"), "give a URL, up to and with /v1"),
    ],
)
def test_an_agent_that_is_not_named_fully_is_said(mine, arguments, said):
    result = _evaluate(mine, *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.fixture
def pretrained(tmp_path: Path) -> Path:
    """A folder of a pretrained model as others publish them: no template, the end of texts."""
    tokenizer = build_tokenizer(["one two three"] * 4, 300)
    tokenizer.chat_template, tokenizer.response_template = None, None
    tokenizer.eos_token = "<|endoftext|>"
    made = build_model(
        tokenizer, layers=1, hidden=16, heads=2, kv_heads=1, head_dim=8, intermediate=16,
        positions=20000, rope_theta=1e4, seed=1,
    )  # fmt: skip
    made.save_pretrained(tmp_path / "pretrained")
    tokenizer.save_pretrained(tmp_path / "pretrained")
    return tmp_path / "pretrained"


@pytest.fixture
def own_preset(tmp_path: Path, pretrained: Path) -> Path:
    """A preset of the user's, beside the model that it names."""
    path = tmp_path / "own.yaml"
    path.write_text(
        "name: own\nsummary: own\nmodel: pretrained\ncpu: true\n"
        "sft: {learning_rate: 0.001, batch_size: 1, max_length: 20000}\n"
        "rl: {learning_rate: 0.1, steps: 1, prompts: 4, generations: 2}\n"
        "evaluation: {max_new_tokens: 4}\n",
        encoding="utf-8",
    )
    return path


def _sft(run: Path, *more: object) -> Result:
    arguments = ["train", "sft", str(run), *map(str, more)]
    return CliRunner(env={"COLUMNS": "160"}).invoke(app, arguments)


@pytest.mark.slow
def test_an_untouched_pretrained_model_is_trained_and_measured(mine, own_preset, pretrained):
    result = _sft(mine, "--preset", own_preset, "--limit", 2, "--steps", 1)
    assert result.exit_code == 0, result.output
    log = (mine / "sft" / "sft.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["step"] for line in log][-1] == 1
    own_preset.unlink()  # what is needed of it lies with the model
    for folder in (mine / "sft", pretrained):
        result = _evaluate(mine, "--model", folder, "--max-tokens", 4, "--max-unscored", 1)
        assert result.exit_code == 0, result.output
        assert folder.name in result.output
    assert read_preset(mine / "sft").evaluation.max_new_tokens == 4


def test_a_model_that_cannot_be_trained_on_is_said_before_anything_is_removed(mine, pretrained):
    (mine / "sft").mkdir()
    (mine / "sft" / "sft.jsonl").write_text("", encoding="utf-8")
    (pretrained / "tokenizer.json").unlink()
    result = _sft(mine, "--preset", "smollm2-135m", "--model", pretrained, "--force")
    assert result.exit_code == 2, result.output
    assert "pretrained: cannot be loaded as a model" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert (mine / "sft" / "sft.jsonl").is_file()


def test_rows_longer_than_the_context_are_said_with_numbers(mine, own_preset, pretrained):
    config = json.loads((pretrained / "config.json").read_text(encoding="utf-8"))
    config["max_position_embeddings"] = 50
    (pretrained / "config.json").write_text(json.dumps(config), encoding="utf-8")
    result = _sft(mine, "--preset", own_preset, "--limit", 3)
    assert result.exit_code == 2, result.output
    assert "own: 3 of 3 rows do not fit: the longest has " in result.stderr
    assert "the model takes 50 and sft.max_length is 20000" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_another_model_needs_a_preset_for_pretrained_ones(mine, pretrained):
    result = _sft(mine, "--model", pretrained)
    assert result.exit_code == 2
    assert "preset tiny makes its model from scratch" in result.stderr


def test_a_preset_is_named_for_a_model_that_remembers_another(mine, model):
    result = _evaluate(mine, "--model", model, "--preset", "tinny")
    assert result.exit_code == 2
    assert "no preset 'tinny'; did you mean tiny?" in result.stderr
    given = Measured(str(model), preset_name="tiny")
    assert (given.preset.name, Measured(str(model)).preset.name) == ("tiny", PRETRAINED)
    assert given.settings()["preset"] == "tiny"
    assert "preset" not in Measured(str(model)).settings()


def test_calls_are_held_to_the_offer_as_the_preset_says_unless_told_otherwise(model):
    def held(**said: str) -> bool:
        measured = Measured(str(model), **said)
        told = measured.settings().get("calls") == "constrained"
        assert told is measured.preset.constrain_calls
        return told

    assert held(preset_name=PRETRAINED) and not held(preset_name="tiny")
    assert not held(preset_name=PRETRAINED, calls="free")
    assert held(preset_name="tiny", calls="constrained")
    assert not held(preset_name=PRETRAINED, prompting="react")  # which calls in words


def test_a_full_disk_is_one_line_wherever_it_is_met(mine, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "x")

    monkeypatch.setattr("train.commands.run_sft", full)
    result = _sft(mine)
    assert result.exit_code == 2
    assert result.stderr == (
        "triact: [Errno 28] No space left on device: 'x'; make room, then run the same command "
        "again\n"
    )
    monkeypatch.setattr("train.commands.run_sft", lambda *_, **__: Path("/nowhere/x").read_bytes())
    assert isinstance(_sft(mine).exception, FileNotFoundError)
