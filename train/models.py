"""Models and tokenizers: made, loaded and saved."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tool_catalog.errors import UserMistake
from tool_catalog.pools import list_names
from train.presets import Preset, Shape
from train.tiny import build_model, build_tokenizer

_TOKENIZER_ROWS = 2000  # more rows change no merge that matters
_NAME_REPEATS = 60


def make_model(shape: Shape, texts: Sequence[str], *, seed: int) -> tuple[Any, Any]:
    """A model and a tokenizer from scratch, the tokenizer learned from these conversations.

    Names of the pools become tokens as far as the vocabulary has room, however seldom they are in
    the texts: what is one token is copied in one step.
    """
    hide_bars()
    names = [form for name in list_names() for form in (name, name.lower())]
    learned = [*texts[:_TOKENIZER_ROWS], *(names * _NAME_REPEATS)]
    tokenizer = build_tokenizer(learned, shape.vocab_size, shape.digits)
    model = build_model(tokenizer, seed=seed, **shape.model_dump(exclude={"vocab_size", "digits"}))
    return model, tokenizer


def load_model(source: str | Path, preset: Preset) -> tuple[Any, Any]:
    """A saved model, a hub model, or an adapter merged into its base.

    Raises:
        UserMistake: there is no such model, here or on the hub.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    hide_bars()
    folder = Path(source)
    adapter = (folder / "adapter_config.json").is_file()
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(source))
        kwargs = {"dtype": getattr(torch, preset.dtype)}
        if adapter:
            from peft import AutoPeftModelForCausalLM

            return AutoPeftModelForCausalLM.from_pretrained(
                str(source), **kwargs
            ).merge_and_unload(), tokenizer
        return AutoModelForCausalLM.from_pretrained(str(source), **kwargs), tokenizer
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise UserMistake(f"{source}: cannot be loaded as a model: {reason}") from error


def save_model(trainer: Any, tokenizer: Any, out: Path) -> None:
    """Save what was trained, tokenizer and chat template included."""
    trainer.save_model(str(out))
    tokenizer.save_pretrained(str(out))


def silence(trainer: Any) -> None:
    """Keep a trainer from printing; what it logs is written down and shown by its callbacks."""
    from transformers import PrinterCallback

    trainer.remove_callback(PrinterCallback)


def hide_bars() -> None:
    """Keep transformers from drawing bars while it loads and saves."""
    from transformers.utils import logging

    logging.disable_progress_bar()


def use_threads(preset: Preset) -> None:
    """Take as many torch threads as the preset says."""
    if preset.threads:
        import torch

        torch.set_num_threads(preset.threads)
