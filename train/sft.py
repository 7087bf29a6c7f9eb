"""Supervised training on executed references, with TRL.

Loss on the agent's own turns only. A tiny model is made from scratch, tokenizer included; others
are loaded. The folder that comes out is a plain transformers model, `sft.jsonl` beside it.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tool_catalog.errors import BadRun
from train.models.chat import hide_think
from train.models.lengths import check_lengths, count_tokens
from train.models.loading import (
    OnStep,
    describe_lora,
    open_pretrained,
    silence,
    use_threads,
)
from train.models.saving import save_model, save_untrained
from train.presets import Preset
from train.rows import load_rows
from train.scratch.crew import train_together
from train.scratch.fast import make_sft_trainer
from train.scratch.start import start_from_scratch
from train.scratch.tiny import find_labels


def train_sft(
    run: Path,
    out: Path,
    preset: Preset,
    *,
    reasoning: bool = True,
    seed: int = 0,
    rows: int | None = None,
    base: Path | None = None,
    on_progress: OnStep | None = None,
) -> dict[str, float]:
    """Train on a run's `sft` rows and save model, tokenizer and loss curve.

    Args:
        run: folder that `triact generate` wrote.
        out: folder to save into.
        preset: model and settings.
        reasoning: whether the thoughts of the data are learned.
        seed: of weights and of the order of the rows.
        rows: only so many rows, for trials.
        base: folder to save the model into as it is before training, to compare with.
        on_progress: told of steps and losses.

    Raises:
        BadRun: the rows cannot be learned from: null-padded arguments, or none at all.
        UserMistake: the pretrained model cannot be trained on, or not on rows of this length.
    """
    import torch

    use_threads(preset)
    pretrained = open_pretrained(preset) if preset.shape is None else None
    dataset = read_rows(run, seed=seed, rows=rows, reasoning=reasoning)
    torch.manual_seed(seed)
    if pretrained is not None:
        model, tokenizer = pretrained
        _check_rows(model, tokenizer, dataset, preset)
    elif preset.shape is not None:
        model, tokenizer, dataset = start_from_scratch(
            preset.shape, preset.sft, list(dataset), seed
        )
    if base is not None:
        save_untrained(model, tokenizer, base)
    if preset.sft.processes > 1:
        return train_together(fit, model, tokenizer, dataset, out, preset, seed, on_progress)
    if preset.shape is not None:
        from datasets import Dataset

        dataset = Dataset.from_dict(dataset)
    return fit(model, tokenizer, dataset, out, preset, seed, on_progress)


def fit(
    model: Any,
    tokenizer: Any,
    rows: Any,
    out: Path,
    preset: Preset,
    seed: int,
    on_progress: OnStep | None,
    callbacks: Sequence[Any] = (),
) -> dict[str, float]:
    """Train a model on rows, save it, and return the trainer's metrics."""
    from trl import SFTTrainer

    trainer_class = SFTTrainer
    if preset.shape is not None:
        labels = find_labels(tokenizer)
        trainer_class = make_sft_trainer(SFTTrainer, labels, preset.sft.label_weight)
    trainer = trainer_class(
        model=model,
        args=_configure(out, preset, seed),
        train_dataset=rows,
        processing_class=tokenizer,
        peft_config=describe_lora(preset),
        callbacks=[make_recorder(out / "sft.jsonl", on_progress), *callbacks],
    )
    silence(trainer)
    result = trainer.train()
    save_model(trainer, tokenizer, out)
    return {key: float(value) for key, value in result.metrics.items()}


def read_rows(run: Path, *, seed: int, rows: int | None, reasoning: bool) -> Any:
    """The run's training rows, checked and shuffled."""
    dataset = load_rows(run, "sft").select_columns(["prompt", "completion", "tools"])
    dataset = dataset.shuffle(seed=seed)
    if rows is not None:
        dataset = dataset.select(range(min(rows, len(dataset))))
    check_arguments(dataset, run)
    if not reasoning:
        dataset = dataset.map(
            lambda row: {"completion": list(map(hide_think, row["completion"]))},
            desc="leaving the thoughts out",
        )
    return dataset


def _check_rows(model: Any, tokenizer: Any, rows: Any, preset: Preset) -> None:
    """Say of rows that a pretrained model cannot take before it is trained on them."""
    context = model.config.max_position_embeddings
    lengths = count_tokens(tokenizer, rows)
    check_lengths(lengths, context, preset.sft.max_length, preset.name)


def check_arguments(rows: Iterable[Mapping[str, Any]], run: Path) -> None:
    """Refuse rows whose calls were padded with nulls on the way through Arrow.

    A model that learns `"memo": null` makes no valid call at all, and nothing else tells.

    Raises:
        BadRun: a call has a null that its tool's schema does not allow.
    """
    for number, row in enumerate(rows):
        tools = row["tools"]
        tools = json.loads(tools) if isinstance(tools, str) else tools
        schemas = {t["function"]["name"]: t["function"]["parameters"] for t in tools}
        for call in _list_calls(row["completion"]):
            allowed = schemas.get(call["name"], {}).get("properties", {})
            for name, value in call["arguments"].items():
                if value is None and not (allowed.get(name) or {}).get("nullable"):
                    raise BadRun(
                        f"{run}: row {number} calls {call['name']} with {name} = null; the rows "
                        "were padded when they were written: store calls as Json() or JSON text"
                    )


def _list_calls(messages: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Every call, with the call that a question is about after the question."""
    calls: list[Mapping[str, Any]] = []
    for message in messages:
        for call in message.get("tool_calls") or []:
            function = call["function"]
            calls.append(function)
            inner = function["arguments"].get("arguments")
            if function["name"] == "ask_user" and isinstance(inner, dict):
                name = function["arguments"].get("tool", "")
                calls.append({"name": name, "arguments": inner})
    return calls


def _configure(out: Path, preset: Preset, seed: int) -> Any:
    from trl import SFTConfig

    sft = preset.sft
    return SFTConfig(
        output_dir=str(out),
        per_device_train_batch_size=sft.batch_size,
        gradient_accumulation_steps=sft.accumulate,
        num_train_epochs=1 if sft.rename else sft.epochs,  # renamed rows come repeated
        max_steps=sft.max_steps,
        learning_rate=sft.learning_rate,
        warmup_steps=sft.warmup_share,
        lr_scheduler_type="cosine",
        weight_decay=sft.weight_decay,
        adam_beta2=sft.beta2,
        max_length=sft.max_length,
        assistant_only_loss=preset.shape is None,  # rows come with labels otherwise
        train_sampling_strategy="group_by_length",
        use_cpu=preset.cpu,
        bf16=preset.dtype == "bfloat16" and not preset.cpu,
        gradient_checkpointing=None,  # its deprecated name, which TRL would switch on
        activation_checkpointing=preset.gradient_checkpointing,
        logging_steps=sft.log_every,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=not preset.cpu,
        seed=seed,
    )


def make_recorder(path: Path, on_progress: OnStep | None) -> Any:
    """A trainer callback that writes every log entry as a JSON line and tells of progress."""
    from transformers import TrainerCallback

    class Recorder(TrainerCallback):  # type: ignore[misc]  # its base is untyped
        """See `make_recorder`."""

        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("", encoding="utf-8")

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
            numbers = {k: v for k, v in (logs or {}).items() if isinstance(v, int | float)}
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"step": state.global_step, **numbers}) + "\n")
            if on_progress is not None:
                on_progress(state.global_step, state.max_steps, numbers)

    return Recorder()
