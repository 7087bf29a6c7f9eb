"""Models and tokenizers: loaded, adapted, trained quietly, and saved."""

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tool_catalog.errors import UserMistake
from train.presets import Preset

OnStep = Callable[[int, int, Mapping[str, float]], None]
"""Called while a model trains: with steps done, steps in all, and what was last logged."""
_NEEDED = ("torch", "transformers", "trl", "accelerate")


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


def describe_lora(preset: Preset) -> Any:
    """The preset's adapter for TRL, or `None`."""
    if preset.lora is None:
        return None
    from peft import LoraConfig

    return LoraConfig(
        r=preset.lora.rank,
        lora_alpha=preset.lora.alpha,
        lora_dropout=preset.lora.dropout,
        target_modules=list(preset.lora.targets),
        task_type="CAUSAL_LM",
    )


def require_training() -> None:
    """Say what to install when the training extra is missing."""
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise UserMistake(
            f"training needs {', '.join(missing)}; install it with: pip install 'triact[train]'"
        )
