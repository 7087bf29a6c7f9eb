"""A tokenizer and a Qwen3-shaped model made from scratch: what CPU training starts from.

The tokenizer is a byte-level BPE in which a value has the same tokens wherever it stands: in prose,
in JSON, at a line's start. To that end words never carry the space before them. A space between two
words is not a token at all; decoding puts it back. Copying a value is then copying tokens.
"""

from collections.abc import Iterable
from importlib.resources import files
from typing import Any

END, PAD, START = "<|im_end|>", "<|endoftext|>", "<|im_start|>"
_MARKS = (
    "<tool_call>",
    "</tool_call>",
    "<tool_response>",
    "</tool_response>",
    "<think>",
    "</think>",
)
_PIECE = "\u2581"
"""Begins every piece; no byte has it."""
_SPACE = "\u0120"
"""A space in byte-level's alphabet."""
_WORD = "A-Za-z_"


def build_tokenizer(texts: Iterable[str], vocab_size: int, digits: int = 2) -> Any:
    """Train a tokenizer on rendered conversations.

    Args:
        texts: what to learn the vocabulary from.
        vocab_size: entries before the call and thought marks.
        digits: how many digits may form one token.
    """
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast
    from trl.chat_template_utils import qwen3_template

    raw = Tokenizer(models.BPE())
    pieces = Regex(f"[{_WORD}]+|[0-9]{{1,{digits}}}|[^{_WORD}0-9]+")
    raw.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(f"(?<=[{_WORD}]) (?=[{_WORD}])"), "removed"),
            pre_tokenizers.Split(pieces, "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
            pre_tokenizers.Metaspace(_PIECE, prepend_scheme="always", split=False),
        ]
    )
    raw.decoder = decoders.Sequence(
        [
            decoders.Fuse(),
            decoders.Replace(Regex(f"(?<=[{_WORD}]){_PIECE}(?=[{_WORD}])"), _SPACE),
            decoders.Replace(_PIECE, ""),
            decoders.ByteLevel(),
        ]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=[PAD, START, END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    raw.train_from_iterator(texts, trainer)
    raw.add_tokens(list(_MARKS))  # not special: decoding must keep them
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=raw,
        eos_token=END,
        pad_token=PAD,
        padding_side="left",
        clean_up_tokenization_spaces=False,
    )
    tokenizer.chat_template = load_chat_template()
    tokenizer.response_template = qwen3_template
    return tokenizer


def load_chat_template() -> str:
    """The tiny model's chat template."""
    return files("train").joinpath("tiny_chat.jinja").read_text(encoding="utf-8")


def build_model(
    tokenizer: Any,
    *,
    layers: int,
    hidden: int,
    heads: int,
    kv_heads: int,
    head_dim: int,
    intermediate: int,
    positions: int,
    rope_theta: float,
    seed: int,
) -> Any:
    """A Qwen3 of the given shape with fresh weights, equal for equal seeds."""
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM

    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=hidden,
        intermediate_size=intermediate,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=kv_heads,
        head_dim=head_dim,
        max_position_embeddings=positions,
        rope_parameters={"rope_type": "default", "rope_theta": rope_theta},
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return Qwen3ForCausalLM(config)
