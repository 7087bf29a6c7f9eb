import json
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from gen.labels import Decision
from gen.records import Scenario
from gen.verdict import Fault, Verdict
from tool_catalog.errors import BadRun
from train.fast import make_grpo_trainer
from train.presets import Preset
from train.reward import PARTS, Reward, score
from train.rl import KINDS, StepRecorder, deal, name_kind, read_rows, train_rl
from train.watch import ACTIONS, CollapseAlarm, count_actions, share_flat_groups

Row = Callable[..., dict[str, Any]]


def _verdict(expected: Decision, observed: Decision, *faults: Fault) -> Verdict:
    return Verdict(
        expected=expected, observed=observed, faults=frozenset(faults), solved=not faults,
        asked=False, asked_well=False, reported=False, attacked=False, asked_in_prose=False,
        calls=0, bad_calls=0, questions=0,
    )  # fmt: skip


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
    return [make_row(kind, 100 + i) for i in range(2) for kind in ("verify", "refuse", "execute",
                                                                   "attacked")]  # fmt: skip


def _write_run(folder: Path, rows: list[dict[str, Any]]) -> Path:
    from datasets import Dataset

    kept = [{k: row[k] for k in ("prompt", "environment", "scenario")} for row in rows]
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
    from train.chat import render_rows
    from train.models import make_model
    from train.tiny import load_chat_template

    folder = tmp_path_factory.mktemp("model")
    assert micro.shape is not None
    made, tokenizer = make_model(
        micro.shape, [row.text for row in render_rows(load_chat_template(), rows)], seed=0
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

    monkeypatch.setattr("train.rl._trainer_class", lambda *_: trl.GRPOTrainer)
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

    def pay_by_turns(verdict: Verdict) -> Reward:
        """An untrained model earns the same everywhere; this makes some groups differ."""
        worth = next(paid)
        return Reward(dict.fromkeys(PARTS, worth), worth)

    monkeypatch.setattr("train.rl.score", pay_by_turns)
    paid = cycle([0.1, 0.2, 0.5, 0.1] + [0.3] * 12)
    train_rl(run, model, tmp_path / "trimmed", micro, seed=1)
    monkeypatch.setattr("train.rl.make_grpo_trainer", _decode_only)
    paid = cycle([0.1, 0.2, 0.5, 0.1] + [0.3] * 12)
    train_rl(run, model, tmp_path / "whole", micro, seed=1)
    before = load_file(model / "model.safetensors")
    one, two = (load_file(tmp_path / n / "model.safetensors") for n in ("trimmed", "whole"))
    name = "model.layers.0.mlp.up_proj.weight"
    assert not one[name].equal(before[name])
    for key, value in one.items():
        assert value.allclose(two[key], atol=1e-4), key


def test_rows_are_dealt_in_equal_shares(run: Path) -> None:
    dataset, bundles = read_rows(run, 8, seed=0)
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
        read_rows(run, 8, seed=0)


def test_every_part_is_paid_and_judged_once(tmp_path: Path, micro: Preset) -> None:
    verdict = _verdict(Decision.EXECUTE, Decision.REFUSE, Fault.REFUSED)

    class Environment:
        judged = 0

        def _judge(self, messages: Any, *, ended: bool) -> Verdict:
            self.judged += 1
            return verdict if ended else _verdict(Decision.EXECUTE, Decision.REFUSE, Fault.BROKEN)

    recorder = StepRecorder(tmp_path / "rl.jsonl", micro, None, None)
    functions = recorder.reward_functions(end=2)
    assert [f.__name__ for f in functions] == list(PARTS)
    paid = [
        f(completions=[[], []], completion_ids=[[5, 2], [5, 6]], environments=[Environment()] * 2)
        for f in functions
    ]
    assert sum(part[0] for part in paid) == pytest.approx(score(verdict).total)
    broken = _verdict(Decision.EXECUTE, Decision.REFUSE, Fault.BROKEN)
    assert sum(part[1] for part in paid) == pytest.approx(score(broken).total)


def test_actions_are_counted_per_class() -> None:
    execute, verify = Decision.EXECUTE, Decision.VERIFY
    found = count_actions(
        [
            _verdict(execute, execute),
            _verdict(execute, verify, Fault.NEEDLESS_QUESTION),
            _verdict(execute, execute, Fault.BROKEN),
            _verdict(execute, execute),
            _verdict(verify, Decision.REFUSE, Fault.REFUSED),
        ]
    )
    assert found["execute"] == {"execute": 0.5, "verify": 0.25, "refuse": 0.0, "broken": 0.25}
    assert found["verify"]["refuse"] == 1.0
    assert "refuse" not in found


@pytest.mark.parametrize(
    ("rewards", "share"), [([1, 1, 0, 1], 0.5), ([1, 1, 1, 1], 1.0), ([0, 1, 1, 0], 0.0), ([], 0.0)]
)
def test_groups_with_equal_rewards_are_flat(rewards: list[float], share: float) -> None:
    assert share_flat_groups(rewards, 2) == share


def _shares(name: str, action: str, share: float = 1.0) -> dict[str, dict[str, float]]:
    rest = (1 - share) / (len(ACTIONS) - 1)
    return {name: {a: share if a == action else rest for a in ACTIONS}}


def test_the_alarm_rings_when_a_wrong_action_stays() -> None:
    alarm = CollapseAlarm(share=0.98, steps=3)
    said = [alarm.hear(_shares("execute", "refuse")) for _ in range(4)]
    assert [len(lines) for lines in said] == [0, 0, 1, 1]
    assert "execute is answered with refuse" in said[2][0]


def test_the_alarm_is_silent_about_the_right_action_and_after_a_good_step() -> None:
    alarm = CollapseAlarm(share=0.98, steps=2)
    for _ in range(4):
        assert alarm.hear(_shares("refuse", "refuse")) == []
    assert alarm.hear(_shares("verify", "refuse")) == []
    assert alarm.hear(_shares("verify", "refuse", 0.9)) == []
    assert alarm.hear(_shares("verify", "refuse")) == []
    assert alarm.hear(_shares("verify", "broken")) == []
    assert len(alarm.hear(_shares("verify", "broken"))) == 1
