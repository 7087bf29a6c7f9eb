"""Quantised weights in one file, made a plain folder that transformers loads, trains and saves."""

import os
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path
from typing import Any

from gen.runs.files import TEMPORARY
from tool_catalog.errors import UserMistake
from train.models.quiet import hide_bars
from train.models.saving import saving
from train.presets import WeightsPackage

_DIGITS = "smollm"
"""Kind of tokenizer that takes every digit by itself, which transformers does not read."""


def dequantise(file: Path, folder: Path, package: WeightsPackage) -> None:
    """Make a model's folder out of its GGUF file; it is there whole or not at all.

    The weights are kept in bfloat16, in which models of this kind were published: what it rounds
    off is a thousandth of a weight, where four bits have rounded off thirtieths before, and half
    the bytes are stored and read.

    Args:
        file: weights and tokenizer.
        folder: what is made; whoever calls is the only one who makes it.
        package: where the file is from.

    Raises:
        UserMistake: it cannot be read, or there is no room for it.
    """
    part = folder.with_name(TEMPORARY + folder.name)
    with saving(part):
        model, tokenizer = _read(file)
        model.save_pretrained(part)
        tokenizer.save_pretrained(part)
        (part / "NOTICE").write_text(
            f"{file.name} of the package {package.name} {package.version}, dequantised to "
            f"bfloat16 by triact.\nLicence: {package.license}\n",
            encoding="utf-8",
        )
        for path in part.iterdir():
            _flush(path)
        part.rename(folder)


def _read(file: Path) -> tuple[Any, Any]:
    """Weights in a model that can be saved, which the one that was read refuses."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    hide_bars()
    where, name = str(file.parent), file.name
    try:
        with redirect_stderr(StringIO()):  # a bar that nothing else turns off
            tokenizer = AutoTokenizer.from_pretrained(where, gguf_file=name)
            config = AutoConfig.from_pretrained(where, gguf_file=name)
            read = AutoModelForCausalLM.from_pretrained(where, gguf_file=name, dtype=torch.float32)
    except (OSError, ValueError, KeyError) as error:
        raise UserMistake(f"{file}: cannot be read as a model: {error}") from error
    model = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
    model.load_state_dict(read.state_dict())
    model.generation_config = read.generation_config
    model.config._name_or_path = ""
    if _kind_of_tokenizer(file) == _DIGITS:
        _split_digits(tokenizer)
    return model, tokenizer


def _kind_of_tokenizer(file: Path) -> str:
    from gguf import GGUFReader

    field = GGUFReader(file).get_field("tokenizer.ggml.pre")
    return str(field.contents()) if field is not None else ""


def _split_digits(tokenizer: Any) -> None:
    """Cut before and after every digit, as the model's own tokenizer does."""
    from tokenizers import pre_tokenizers

    inner = tokenizer.backend_tokenizer
    digits = pre_tokenizers.Digits(individual_digits=True)
    inner.pre_tokenizer = pre_tokenizers.Sequence([digits, inner.pre_tokenizer])


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
