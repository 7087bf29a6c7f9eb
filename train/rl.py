"""Reinforcement learning in the sandbox: TRL's GRPO over our environments, paid by the verdict.

Every part of the reward is a TRL reward function of its own, so that TRL logs each. Steps are
balanced by construction: four kinds of case share every batch equally (execute, execute under
attack, verify, refuse).
"""

import json
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

from gen.episode import list_tools
from gen.labels import Decision
from gen.records import Scenario
from gen.verdict import Verdict
from tool_catalog.errors import BadRun
from tool_catalog.spec import ToolSpec
from train.crew import Progress
from train.environment import BaseEnvironment, make_environments
from train.fast import make_grpo_trainer
from train.models import load_model, save_model, silence, use_threads
from train.presets import Preset
from train.reward import PARTS, score
from train.rows import load_rows
from train.sft import describe_lora
from train.watch import CollapseAlarm, count_actions, share_flat_groups

KINDS = ("execute", "attacked", "verify", "refuse")


def train_rl(
    run: Path,
    model_dir: Path | str,
    out: Path,
    preset: Preset,
    *,
    reasoning: bool = True,
    seed: int = 0,
    steps: int | None = None,
    domain_files: Sequence[Path] = (),
    on_progress: Progress | None = None,
    on_alarm: Callable[[str], None] | None = None,
) -> dict[str, float]:
    """Train a model on a run's `rl` rows and save it with `rl.jsonl` beside it.

    Args:
        run: folder that `triact generate` wrote.
        model_dir: the model to start from, as SFT left it.
        out: folder to save into.
        preset: settings.
        reasoning: whether the model thinks; as in SFT.
        seed: of the order of the rows and of sampling.
        steps: instead of the preset's.
        domain_files: the user's own domain files.
        on_progress: told of steps and numbers.
        on_alarm: told when a class has collapsed.

    Raises:
        BadRun: the run has no rl rows, or not of every kind.
        UserMistake: the model cannot be loaded.
    """
    import torch

    use_threads(preset)
    torch.manual_seed(seed)
    steps = preset.rl.steps if steps is None else steps
    model, tokenizer = load_model(model_dir, preset)
    dataset, bundles = read_rows(run, preset.rl.prompts * steps, seed, domain_files)
    recorder = StepRecorder(out / "rl.jsonl", preset, on_progress, on_alarm)
    trainer = _trainer_class(preset, tokenizer)(
        model=model,
        args=_configure(out, preset, steps, reasoning, seed),
        train_dataset=dataset,
        processing_class=tokenizer,
        reward_funcs=recorder.reward_functions(tokenizer.eos_token_id),
        environment_factory=make_environments(bundles, domain_files),
        peft_config=describe_lora(preset),
        callbacks=[recorder.as_callback()],
    )
    silence(trainer)
    with warnings.catch_warnings():
        # TRL's own use of a name that transformers is about to drop.
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing`", FutureWarning)
        result = trainer.train()
    save_model(trainer, tokenizer, out)
    return {key: float(value) for key, value in result.metrics.items()}


def read_rows(
    run: Path, count: int, seed: int, domain_files: Sequence[Path] = ()
) -> tuple[Any, dict[str, list[ToolSpec]]]:
    """The training rows in the order they are used, and the tools of each environment.

    Args:
        run: the run folder.
        count: rows to deal out; rows come again when there are fewer.
        seed: of the order.
        domain_files: the user's own domain files.
    """
    rows = load_rows(run, "rl")
    kinds: list[str] = []
    bundles: dict[str, list[ToolSpec]] = {}
    for name, text in zip(rows["environment"], rows["scenario"], strict=True):
        scenario = Scenario.model_validate_json(text)
        kinds.append(name_kind(scenario))
        if name not in bundles:
            bundles[name] = list_tools(scenario, domain_files)
    if missing := [kind for kind in KINDS if kind not in kinds]:
        raise BadRun(f"{run}: no rl rows of kind {', '.join(missing)}; generate more sets")
    kept = rows.select_columns(["prompt", "environment", "scenario"])
    return kept.select(deal(kinds, count, seed)), bundles


def name_kind(scenario: Scenario) -> str:
    """Which of `KINDS` a scenario is."""
    expected = scenario.expectation
    if expected.decision is Decision.EXECUTE:
        attacked = expected.injected or expected.injected_values or expected.report
        return "attacked" if attacked else "execute"
    return str(expected.decision)


def deal(kinds: Sequence[str], count: int, seed: int) -> list[int]:
    """Indices in an order that gives every kind the same share of any four in a row."""
    order: list[int] = []
    piles: dict[str, list[int]] = {kind: [] for kind in KINDS}
    dice = Random(f"{seed}:deal")
    while len(order) < count:
        for kind in KINDS:
            if not piles[kind]:
                piles[kind] = [i for i, k in enumerate(kinds) if k == kind]
                dice.shuffle(piles[kind])
            order.append(piles[kind].pop())
    return order[:count]


class StepRecorder:
    """Pays episodes, and writes a JSON line a step: rewards, actions per class, alarms."""

    def __init__(
        self,
        path: Path,
        preset: Preset,
        on_progress: Progress | None,
        on_alarm: Callable[[str], None] | None,
    ) -> None:
        self._path, self._group = path, preset.rl.generations
        self._updates = preset.rl.updates
        self._alarm = CollapseAlarm(preset.rl.alarm_share, preset.rl.alarm_steps)
        self._on_progress, self._on_alarm = on_progress, on_alarm
        self._found: dict[str, Any] = {}

    def reward_functions(self, end: int) -> list[Callable[..., list[float]]]:
        """One function for each part of the reward; the first one takes the step's numbers."""

        def make(part: str) -> Callable[..., list[float]]:
            def pay(
                completions: Sequence[Sequence[Mapping[str, Any]]],
                completion_ids: Sequence[Sequence[int]],
                environments: Sequence[BaseEnvironment],
                **_: Any,
            ) -> list[float]:
                verdicts = [
                    environment._judge(messages, ended=bool(ids) and ids[-1] == end)
                    for environment, messages, ids in zip(
                        environments, completions, completion_ids, strict=True
                    )
                ]
                if part == PARTS[0]:
                    self._note(verdicts)
                return [score(verdict).parts[part] for verdict in verdicts]

            pay.__name__ = part
            return pay

        return [make(part) for part in PARTS]

    def _note(self, verdicts: Sequence[Verdict]) -> None:
        totals = [score(verdict).total for verdict in verdicts]
        self._found = {
            "mean_reward": sum(totals) / len(totals),
            "flat_groups": share_flat_groups(totals, self._group),
            "clean": sum(v.clean for v in verdicts) / len(verdicts),
            "actions": count_actions(verdicts),
        }

    def write(self, step: int, steps: int, logs: Mapping[str, float]) -> None:
        """One line for a step that has ended."""
        alarms = self._alarm.hear(self._found.get("actions", {}))
        line = {"step": step, **self._found, "alarms": alarms, "trl": logs}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        if self._on_alarm is not None:
            for alarm in alarms:
                self._on_alarm(alarm)
        if self._on_progress is not None:
            reward = {k: v for k, v in self._found.items() if isinstance(v, float)}
            self._on_progress(step, steps, reward)

    def as_callback(self) -> Any:
        """The TRL side of the recorder."""
        from transformers import TrainerCallback

        recorder = self

        class Callback(TrainerCallback):  # type: ignore[misc]  # its base is untyped
            """Hands every step's log to the recorder."""

            def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
                recorder._path.parent.mkdir(parents=True, exist_ok=True)
                recorder._path.write_text("", encoding="utf-8")

            def on_log(
                self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any
            ) -> None:
                if not logs or "train_runtime" in logs:
                    return
                numbers = {k: v for k, v in logs.items() if isinstance(v, int | float)}
                done, steps = state.global_step, state.max_steps
                recorder.write(done // recorder._updates, steps // recorder._updates, numbers)

        return Callback()


def _configure(out: Path, preset: Preset, steps: int, reasoning: bool, seed: int) -> Any:
    from trl import GRPOConfig

    rl = preset.rl
    thinking = {} if reasoning else {"enable_thinking": False}
    return GRPOConfig(
        output_dir=str(out),
        per_device_train_batch_size=rl.prompts * rl.generations // rl.accumulate,
        gradient_accumulation_steps=rl.accumulate // rl.updates,
        steps_per_generation=rl.accumulate,
        num_generations=rl.generations,
        max_steps=steps * rl.updates,
        learning_rate=rl.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=rl.warmup_share,
        temperature=rl.temperature,
        top_k=0,
        max_completion_length=rl.max_episode_tokens,
        max_tool_calling_iterations=rl.max_calls,
        loss_type=rl.loss,
        beta=rl.beta,
        epsilon=rl.epsilon,
        epsilon_high=rl.epsilon_high,
        scale_rewards=rl.scale_rewards,
        mask_truncated_completions=False,
        chat_template_kwargs=thinking,
        shuffle_dataset=False,
        use_vllm=rl.use_vllm,
        vllm_mode="colocate",
        vllm_gpu_memory_utilization=rl.vllm_memory,
        use_cpu=preset.cpu,
        bf16=preset.dtype == "bfloat16" and not preset.cpu,
        gradient_checkpointing=None,  # its deprecated name, which TRL would switch on
        activation_checkpointing=preset.gradient_checkpointing,
        logging_steps=rl.updates,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=not preset.cpu,
        seed=seed,
    )


def _trainer_class(preset: Preset, tokenizer: Any) -> Any:
    """TRL's trainer; on the CPU one that decodes with our decoder and leaves padding out."""
    import os

    os.environ.setdefault("TRL_EXPERIMENTAL_SILENCE", "1")
    from trl import GRPOTrainer

    if not preset.cpu:
        return GRPOTrainer
    return make_grpo_trainer(GRPOTrainer, tokenizer, preset.rl)
