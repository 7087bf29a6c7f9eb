import json
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from gen.episode import SHIPPED
from gen.records import Scenario
from gen.verdict import Verdict
from tool_catalog.errors import BadRun
from train.presets import Preset
from train.reward import PARTS, Reward, Weights
from train.rl.rows import KINDS, deal, name_kind, read_rows
from train.rl.trainer import make_grpo_trainer
from train.rl.training import train_rl

Row = Callable[..., dict[str, Any]]


@pytest.fixture(autouse=True)
def shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows alone are no run; what they play is of a shipped domain."""
    monkeypatch.setattr("train.rl.training.open_stage", lambda run: SHIPPED)


@pytest.fixture(scope="module")
def micro() -> Preset:
    return Preset.model_validate(
        {
            "name": "micro",
            "summary": "for tests",
            "cpu": True,
            "shape": {
                "vocab_size": 500, "layers": 1, "hidden": 32, "heads": 2, "kv_heads": 1,
                "head_dim": 16, "intermediate": 32, "positions": 1024,
            },
            "sft": {"learning_rate": 0.01, "batch_size": 4},
            "rl": {
                "learning_rate": 0.01, "steps": 2, "prompts": 4, "generations": 4,
                "accumulate": 2, "max_episode_tokens": 300, "max_new_tokens": 40, "max_calls": 3,
            },
        }
    )  # fmt: skip


@pytest.fixture(scope="module")
def rows(make_row: Row) -> list[dict[str, Any]]:
    kinds = ("verify", "refuse", "execute", "attacked")
    return [make_row(kind, 100 + i, before=i == 1) for i in range(2) for kind in kinds]


def _write_run(folder: Path, rows: list[dict[str, Any]]) -> Path:
    from datasets import Dataset

    kept = [{k: row[k] for k in ("prompt", "environment", "scenario", "history")} for row in rows]
    (folder / "rl").mkdir(parents=True)
    Dataset.from_list(kept).to_parquet(folder / "rl" / "train.parquet")
    card = (
        "configs:\n- config_name: rl\n  data_files:\n  - split: train\n    path: rl/train.parquet"
    )
    (folder / "README.md").write_text(f"---\n{card}\n---\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]]) -> Path:
    return _write_run(tmp_path_factory.mktemp("run") / "run", rows)


@pytest.fixture(scope="module")
def model(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]], micro: Preset
) -> Path:
    from train.models.family import CHATML, write_template
    from train.models.rendering import render_rows
    from train.scratch.start import make_model

    folder = tmp_path_factory.mktemp("model")
    assert micro.shape is not None
    made, tokenizer = make_model(
        micro.shape, [row.text for row in render_rows(write_template(CHATML), rows)], seed=0
    )
    made.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.mark.slow
def test_rl_runs_and_writes_a_line_a_step(
    run: Path, model: Path, tmp_path: Path, micro: Preset
) -> None:
    seen: list[int] = []
    train_rl(run, model, tmp_path, micro, seed=1, on_progress=lambda done, *_: seen.append(done))
    lines = [json.loads(x) for x in (tmp_path / "rl.jsonl").read_text("utf-8").splitlines()]
    assert [line["step"] for line in lines] == seen == [1, 2]
    for line in lines:
        assert set(line["actions"]) == {"execute", "verify", "refuse"}
        for shares in line["actions"].values():
            assert sum(shares.values()) == pytest.approx(1)
        assert line["mean_reward"] == pytest.approx(line["trl"]["reward"], abs=1e-5)
        assert all(f"rewards/{part}/mean" in line["trl"] for part in PARTS)
    assert (tmp_path / "model.safetensors").is_file()


@pytest.mark.slow
def test_trls_own_generation_plays_the_same_episodes(
    run: Path, model: Path, tmp_path: Path, micro: Preset, monkeypatch: pytest.MonkeyPatch
) -> None:
    import trl

    monkeypatch.setattr("train.rl.training._choose_trainer", lambda *_: trl.GRPOTrainer)
    train_rl(run, model, tmp_path, micro, seed=1, steps=1)
    line = json.loads((tmp_path / "rl.jsonl").read_text("utf-8").splitlines()[0])
    assert line["mean_reward"] == pytest.approx(line["trl"]["reward"], abs=1e-5)


def _decode_only(base: Any, tokenizer: Any, settings: Any) -> Any:
    """The fast trainer without its shortcuts in the loss."""
    fast = make_grpo_trainer(base, tokenizer, settings)
    names = ("_compute_loss", "_get_per_token_logps_and_entropies")
    return type("Plain", (fast,), {name: getattr(base, name) for name in names})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("loss", "updates"), [("dapo", 1), ("grpo", 1), ("dr_grpo", 1), ("grpo", 2)]
)
def test_leaving_padding_out_changes_no_gradient(
    run: Path,
    model: Path,
    tmp_path: Path,
    micro: Preset,
    monkeypatch: pytest.MonkeyPatch,
    loss: str,
    updates: int,
) -> None:
    from safetensors.torch import load_file

    settings = {"loss": loss, "updates": updates, "accumulate": 2}
    micro = micro.model_copy(update={"rl": micro.rl.model_copy(update=settings)})

    def pay_by_turns(verdict: Verdict, weights: Weights) -> Reward:
        """An untrained model earns the same everywhere; this makes some groups differ."""
        worth = next(paid)
        return Reward(dict.fromkeys(PARTS, worth), worth)

    monkeypatch.setattr("train.rl.recorder.score", pay_by_turns)
    paid = cycle([0.1, 0.2, 0.5, 0.1] + [0.3] * 12)
    train_rl(run, model, tmp_path / "trimmed", micro, seed=1)
    monkeypatch.setattr("train.rl.training.make_grpo_trainer", _decode_only)
    paid = cycle([0.1, 0.2, 0.5, 0.1] + [0.3] * 12)
    train_rl(run, model, tmp_path / "whole", micro, seed=1)
    before = load_file(model / "model.safetensors")
    one, two = (load_file(tmp_path / n / "model.safetensors") for n in ("trimmed", "whole"))
    name = "model.layers.0.mlp.up_proj.weight"
    assert not one[name].equal(before[name])
    for key, value in one.items():
        assert value.allclose(two[key], atol=1e-4), key


def test_rows_are_dealt_in_equal_shares(run: Path) -> None:
    dataset, bundles = read_rows(run, 8, seed=0, stage=SHIPPED)
    kinds = [name_kind(Scenario.model_validate_json(text)) for text in dataset["scenario"]]
    assert kinds == [*KINDS, *KINDS]
    assert [tool.name for tool in bundles["bank"]] == [
        "get_account_balance", "search_payee", "transfer_funds",
    ]  # fmt: skip


def test_dealing_goes_round_before_a_row_comes_again() -> None:
    kinds = ["execute"] * 5 + ["attacked", "verify", "refuse"]
    order = deal(kinds, 20, seed=0)
    executed = [i for i in order if kinds[i] == "execute"]
    assert sorted(executed) == [0, 1, 2, 3, 4]
    assert order == deal(kinds, 20, seed=0)
    assert order != deal(kinds, 20, seed=1)


def test_a_run_without_a_kind_is_refused(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    run = _write_run(tmp_path / "run", rows[:3])
    with pytest.raises(BadRun, match="kind attacked"):
        read_rows(run, 8, seed=0, stage=SHIPPED)
