"""Pretrained models as small as can be: tokenizers, folders and presets."""

from pathlib import Path
from typing import Any

from train.presets import Preset

CHATML_TOKENS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")


def make_raw(special: tuple[str, ...]) -> Any:
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    if "<|eot_id|>" in special:  # Llama 3 keeps breaks together, whatever follows
        breaks = pre_tokenizers.Split(Regex(r"\s*[\r\n]+"), "isolated")
        raw.pre_tokenizer = pre_tokenizers.Sequence([breaks, raw.pre_tokenizer])
    raw.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=list(special),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    words = "think tool call response user assistant name arguments"
    raw.train_from_iterator([words, "break\n\n"], trainer)
    return raw


def make_tokenizer(
    special: tuple[str, ...] = CHATML_TOKENS,
    eos: str | None = "<|im_end|>",
    pad: str | None = "<|endoftext|>",
    template: str | None = None,
) -> Any:
    """A byte-level tokenizer with some special tokens, an end and a pad token."""
    from transformers import PreTrainedTokenizerFast

    made = PreTrainedTokenizerFast(
        tokenizer_object=make_raw(special),
        eos_token=eos,
        pad_token=pad,
        clean_up_tokenization_spaces=False,
    )
    made.chat_template = template
    return made


def save_pretrained(folder: Path, tokenizer: Any = None, *, positions: int = 2048) -> Path:
    """Save a Llama of random weights into a folder, with a tokenizer unless told otherwise."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = make_tokenizer() if tokenizer is None else tokenizer
    config = LlamaConfig(
        vocab_size=320,
        hidden_size=32,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=positions,
        tie_word_embeddings=True,
    )
    torch.manual_seed(0)
    LlamaForCausalLM(config).save_pretrained(folder)
    if tokenizer:
        tokenizer.save_pretrained(folder)
    return folder


def make_preset(**settings: Any) -> Preset:
    """A preset of a pretrained model."""
    return Preset.model_validate(
        {
            "name": "mine",
            "summary": "for tests",
            "cpu": True,
            "sft": {"learning_rate": 0.01, "batch_size": 2, "max_steps": 1, "log_every": 1},
            "rl": {"learning_rate": 0.01, "steps": 1, "prompts": 4, "generations": 2},
            "evaluation": {"batch_size": 4, "max_new_tokens": 4},
        }
        | settings
    )
