"""Supervised training on executed references, with TRL.

Loss on the agent's own turns only. A tiny model is made from scratch, tokenizer included; others
are loaded. The folder that comes out is a plain transformers model, `sft.jsonl` beside it.
"""

from pathlib import Path
from typing import Any

from train.models.checkpoints import (
    configure_checkpoints,
    drop_checkpoints,
    find_checkpoint,
    run_trainer,
)
from train.models.lengths import check_lengths, count_tokens
from train.models.loading import (
    OnStep,
    describe_lora,
    freeze,
    open_pretrained,
    silence,
    use_threads,
    uses_cpu,
)
from train.models.precision import choose_linear_dtype
from train.models.pretrained.cutting import cut_model
from train.models.saving import save_model, save_untrained
from train.presets import Preset
from train.scratch.start import start_from_scratch
from train.sft.groves import (
    collate_tree,
    configure_groves,
    fits_trees,
    make_grove_trainer,
    plant_rows,
)
from train.sft.recorder import make_recorder
from train.sft.rows import gather_sets, read_rows


def train_sft(
    run: Path,
    out: Path,
    preset: Preset,
    *,
    reasoning: bool = True,
    seed: int = 0,
    rows: int | None = None,
    base: Path | None = None,
    resume: bool = False,
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
        resume: go on from the last checkpoint in `out`, if there is one.
        on_progress: told of steps and losses.

    Raises:
        BadRun: the rows cannot be learned from: null-padded arguments, or none at all.
        UserMistake: the pretrained model cannot be trained on, or not on rows of this length.
    """
    use_threads(preset)
    model, tokenizer, dataset = _start(run, preset, reasoning=reasoning, seed=seed, rows=rows)
    if base is not None:
        save_untrained(model, tokenizer, base)
    trainer = _make_trainer(model, tokenizer, dataset, out, preset, seed, on_progress)
    silence(trainer)
    result = run_trainer(trainer, find_checkpoint(out) if resume else None)
    save_model(trainer, tokenizer, out)
    drop_checkpoints(out)
    return {key: float(value) for key, value in result.metrics.items()}


def _start(
    run: Path, preset: Preset, *, reasoning: bool, seed: int, rows: int | None
) -> tuple[Any, Any, Any]:
    """A model, its tokenizer, and rows for it: trees where they fit."""
    from torch import manual_seed

    opened = open_pretrained(preset) if preset.shape is None else None
    dataset = read_rows(run, seed=seed, reasoning=reasoning)
    manual_seed(seed)
    if opened is not None:
        model, tokenizer = cut_model(*opened, preset, dataset, seed)
    else:
        assert preset.shape is not None, "a preset has a shape or a model"
        model, tokenizer = start_from_scratch(preset.shape, dataset, seed)
    if fits_trees(model, tokenizer, preset):
        sets = gather_sets(dataset["contrast_set_id"], preset.sft.members, rows)
        return model, tokenizer, plant_rows(model, tokenizer, dataset, sets, preset)
    dataset = dataset.select(range(min(rows or len(dataset), len(dataset))))
    lengths, context = count_tokens(tokenizer, dataset), model.config.max_position_embeddings
    check_lengths(lengths, context, preset.sft.max_length, preset.name)
    return model, tokenizer, dataset


def _make_trainer(
    model: Any,
    tokenizer: Any,
    rows: Any,
    out: Path,
    preset: Preset,
    seed: int,
    on_progress: OnStep | None,
) -> Any:
    """TRL's trainer, on trees where the rows are trees."""
    from trl import SFTTrainer

    trainer_class, given, args = SFTTrainer, {}, _configure(out, preset, seed)
    if "nodes" in rows.column_names:
        trainer_class = make_grove_trainer(SFTTrainer, choose_linear_dtype())
        given = {"data_collator": collate_tree}
        args = configure_groves(args)
        freeze(model, preset.sft.frozen_layers)
    return trainer_class(
        model=model,
        args=args,
        train_dataset=rows,
        processing_class=tokenizer,
        peft_config=describe_lora(preset),
        callbacks=[make_recorder(out / "sft.jsonl", on_progress)],
        **given,
    )


def _configure(out: Path, preset: Preset, seed: int) -> Any:
    from trl import SFTConfig

    sft = preset.sft
    return SFTConfig(
        output_dir=str(out),
        per_device_train_batch_size=sft.batch_size,
        gradient_accumulation_steps=sft.accumulate,
        num_train_epochs=sft.epochs,
        max_steps=sft.max_steps,
        learning_rate=sft.learning_rate,
        warmup_steps=sft.warmup_share,
        lr_scheduler_type="cosine",
        weight_decay=sft.weight_decay,
        adam_beta2=sft.beta2,
        max_length=sft.max_length,
        assistant_only_loss=True,
        train_sampling_strategy="group_by_length",
        use_cpu=uses_cpu(preset),
        bf16=preset.dtype == "bfloat16" and not uses_cpu(preset),
        gradient_checkpointing=None,  # its deprecated name, which TRL would switch on
        activation_checkpointing=preset.gradient_checkpointing,
        logging_steps=sft.log_every,
        **configure_checkpoints(sft.save_every),
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=not uses_cpu(preset),
        seed=seed,
    )
