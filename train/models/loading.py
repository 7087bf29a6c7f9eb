"""Models and tokenizers: loaded, adapted, and trained quietly."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tool_catalog.errors import UserMistake
from train.models.pretrained.weights import Say, find_weights
from train.models.quiet import hide_bars
from train.models.template import fit_chat
from train.presets import Preset

OnStep = Callable[[int, int, Mapping[str, float]], None]
"""Called while a model trains: with steps done, steps in all, and what was last logged."""
_NEEDED = ("torch", "transformers", "trl", "accelerate")


def open_pretrained(preset: Preset, say: Say = lambda text: None) -> tuple[Any, Any]:
    """The pretrained model that a preset starts from, and its tokenizer; errors as `load_model`."""
    return load_model(find_weights(preset, say), preset)


def check_pretrained(preset: Preset, say: Say = lambda text: None) -> None:
    """Try whether a preset's pretrained model can be trained on, without its weights.

    Raises:
        UserMistake: it is not there, or cannot; the message is one line that says why.
    """
    source = find_weights(preset, say)
    load_tokenizer(source, preset)
    read_context(source)


def load_model(source: str | Path, preset: Preset) -> tuple[Any, Any]:
    """A saved model, a hub model, or an adapter merged into its base; ready for conversations.

    Raises:
        UserMistake: there is no such model, here or on the hub, or it cannot hold a conversation.
    """
    import torch
    from transformers import AutoModelForCausalLM

    tokenizer = load_tokenizer(source, preset)
    kwargs = {"dtype": getattr(torch, preset.dtype)}
    with _told(source):
        if (Path(source) / "adapter_config.json").is_file():
            from peft import AutoPeftModelForCausalLM

            adapted = AutoPeftModelForCausalLM.from_pretrained(str(source), **kwargs)
            model = adapted.merge_and_unload()
        else:
            model = AutoModelForCausalLM.from_pretrained(str(source), **kwargs)
    for settings in (model.config, model.generation_config):
        settings.eos_token_id = tokenizer.eos_token_id
        settings.pad_token_id = tokenizer.pad_token_id
    return model, tokenizer


def load_tokenizer(source: str | Path, preset: Preset) -> Any:
    """A model's tokenizer, ready for conversations; errors as of `load_model`."""
    from transformers import AutoTokenizer

    hide_bars()
    with _told(source):
        tokenizer = AutoTokenizer.from_pretrained(str(source))
    fit_chat(tokenizer, preset.chat, str(source))
    return tokenizer


def read_context(source: str | Path) -> int:
    """How many tokens a model takes; errors as of `load_model`."""
    from transformers import AutoConfig

    with _told(source):
        config = AutoConfig.from_pretrained(str(source))
    context = getattr(config.get_text_config(), "max_position_embeddings", None)
    if context is None:
        raise UserMistake(f"{source}: does not say how many tokens it takes")
    return int(context)


@contextmanager
def _told(source: str | Path) -> Iterator[None]:
    """Say in one line what transformers says in many."""
    from safetensors import SafetensorError

    try:
        yield
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        reason = " ".join(str(error).split())[:200]
        raise UserMistake(f"{source}: cannot be loaded as a model: {reason}") from error


def silence(trainer: Any) -> None:
    """Keep a trainer from printing; what it logs is written down and shown by its callbacks."""
    from transformers import PrinterCallback

    trainer.remove_callback(PrinterCallback)


def uses_cpu(preset: Preset) -> bool:
    """Whether training runs on the CPU: it is asked for, or there is nothing else."""
    import torch

    return preset.cpu or not torch.accelerator.is_available()


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


def freeze(model: Any, layers: int) -> None:
    """Leave the lowest layers, and the embedding below them, as they are."""
    if not layers:
        return
    model.get_input_embeddings().weight.requires_grad_(False)
    for layer in model.model.layers[:layers]:
        layer.requires_grad_(False)


def require_training() -> None:
    """Say what to install when the training extra is missing."""
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise UserMistake(
            f"training needs {', '.join(missing)}; install it with: pip install 'triact[train]'"
        )
