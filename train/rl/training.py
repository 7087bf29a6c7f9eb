"""Reinforcement learning in the sandbox: TRL's GRPO over our environments, paid by the verdict.

Every part of the reward is a TRL reward function of its own, so that TRL logs each. Steps are
balanced by construction: four kinds of case share every batch equally (execute, execute under
attack, verify, refuse).
"""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gen.episode import Stage, list_schemas
from gen.runs.trust import open_stage
from train.models.checkpoints import (
    configure_checkpoints,
    drop_checkpoints,
    find_checkpoint,
    run_trainer,
)
from train.models.loading import (
    OnStep,
    describe_lora,
    freeze,
    load_model,
    silence,
    use_threads,
    uses_cpu,
)
from train.models.saving import save_model
from train.presets import Preset
from train.rl.environment import judge_environments, make_environments
from train.rl.forks import judge_forks
from train.rl.offers import Offers
from train.rl.recorder import PaidVerdicts, StepRecorder
from train.rl.rows import read_forks, read_rows
from train.rl.trainer import make_grpo_trainer

LOG = "rl.jsonl"


def train_rl(
    run: Path,
    model_dir: Path | str,
    out: Path,
    preset: Preset,
    *,
    reasoning: bool = True,
    seed: int = 0,
    steps: int | None = None,
    resume: bool = False,
    on_progress: OnStep | None = None,
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
        resume: go on from the last checkpoint in `out`, if there is one.
        on_progress: told of steps and numbers.
        on_alarm: told when a class has collapsed.

    Raises:
        BadRun: the run has no rl rows, or not of every kind, or code that is not trusted.
        UserMistake: the model cannot be loaded.
    """
    _begin(preset, seed)
    steps = steps or preset.rl.steps
    stage = open_stage(run)  # untrusted code is said before a model is loaded
    model, tokenizer = load_model(model_dir, preset)
    freeze(model, preset.rl.frozen_layers)
    recorder = StepRecorder(out / LOG, preset, on_progress, on_alarm)
    dealt = _deal(run, model, tokenizer, preset, steps, seed, stage, reasoning)
    trainer = _choose_trainer(preset, tokenizer, dealt.offers)(
        model=model,
        args=_configure(out, preset, steps, reasoning, seed),
        train_dataset=dealt.dataset,
        processing_class=tokenizer,
        reward_funcs=recorder.reward_functions(dealt.judge),
        peft_config=describe_lora(preset),
        callbacks=[recorder.as_callback()],
        **dealt.given,
    )
    return _train(trainer, tokenizer, out, resume=resume)


def _begin(preset: Preset, seed: int) -> None:
    from torch import manual_seed

    use_threads(preset)
    manual_seed(seed)


@dataclass(frozen=True, slots=True)
class _Dealt:
    """What a training is given to learn from."""

    dataset: Any
    judge: PaidVerdicts
    offers: Offers | None = None
    given: Mapping[str, Any] = field(default_factory=dict)
    """What else the trainer needs."""


def _deal(
    run: Path, model: Any, tokenizer: Any, preset: Preset, steps: int, seed: int, stage: Stage,
    reasoning: bool,
) -> _Dealt:  # fmt: skip
    count = preset.rl.prompts * steps
    if preset.rl.episodes == "forks":
        dataset, forks = read_forks(run, tokenizer, count, seed, stage, reasoning=reasoning)
        offers = None
        if preset.constrain_calls:
            tools = [list_schemas(stage.list_tools(fork.scenario)) for fork in forks]
            width = int(model.config.vocab_size)
            offers = Offers(tokenizer, width, dataset["prompt"], tools)
        return _Dealt(dataset, judge_forks(forks, tokenizer, stage), offers)
    dataset, bundles = read_rows(run, count, seed, stage)
    given = {"environment_factory": make_environments(bundles, stage)}
    return _Dealt(dataset, judge_environments(tokenizer.eos_token_id), given=given)


def _train(trainer: Any, tokenizer: Any, out: Path, *, resume: bool) -> dict[str, float]:
    """Train, save, and return the trainer's metrics."""
    silence(trainer)
    begun = find_checkpoint(out) if resume else None
    with warnings.catch_warnings():
        # TRL's own use of a name that transformers is about to drop.
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing`", FutureWarning)
        result = run_trainer(trainer, begun)
    save_model(trainer, tokenizer, out)
    drop_checkpoints(out)
    return {key: float(value) for key, value in result.metrics.items()}


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
        max_completion_length=rl.max_episode_tokens
        if rl.episodes == "whole"
        else rl.max_new_tokens,
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
        use_cpu=uses_cpu(preset),
        bf16=preset.dtype == "bfloat16" and not uses_cpu(preset),
        gradient_checkpointing=None,  # its deprecated name, which TRL would switch on
        activation_checkpointing=preset.gradient_checkpointing,
        logging_steps=rl.updates,
        **configure_checkpoints(rl.save_every * rl.updates),
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=not uses_cpu(preset),
        seed=seed,
    )


def _choose_trainer(preset: Preset, tokenizer: Any, offers: Offers | None) -> Any:
    """TRL's trainer; on the CPU one that decodes with our decoder and leaves padding out."""
    import os

    os.environ.setdefault("TRL_EXPERIMENTAL_SILENCE", "1")
    from trl import GRPOTrainer

    if not uses_cpu(preset):
        return GRPOTrainer
    return make_grpo_trainer(GRPOTrainer, tokenizer, preset.rl, offers)
