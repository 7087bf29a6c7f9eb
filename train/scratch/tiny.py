"""A tokenizer and a Qwen3-shaped model made from scratch: what CPU training starts from.

The tokenizer is a byte-level BPE in which a value has the same tokens wherever it stands: in prose,
in JSON, at a line's start. To that end words never carry the space before them. A space between two
words is not a token at all; decoding puts it back. Copying a value is then copying tokens.
"""

from collections.abc import Iterable
from typing import Any

from train.models.family import CHATML, MARKS, write_response, write_template

END, PAD, START = "<|im_end|>", "<|endoftext|>", "<|im_start|>"
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
    raw.add_tokens(list(MARKS))  # not special: decoding must keep them
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=raw,
        eos_token=END,
        pad_token=PAD,
        padding_side="left",
        clean_up_tokenization_spaces=False,
    )
    tokenizer.chat_template = write_template(CHATML)
    tokenizer.response_template = write_response(CHATML)
    return tokenizer


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
        model = Qwen3ForCausalLM(config)
    if layers > 1 and hidden >= 3 * head_dim:
        prime_copying(model)
    return model


_FAST = 4
"""Rotary frequencies that tell one place from the next."""
_FAR = 300
"""Tokens over which a match must hold."""


def prime_copying(model: Any) -> None:
    """Start the first two layers as an induction circuit, which training then refines.

    Copying a value takes two steps: see which token stands before each one (first layer), then find
    the place that the present token precedes (second layer). Left to chance, the pair appears only
    after millions of tokens. See Olsson et al., "In-context Learning and Induction Heads" (2022),
    and Trockman and Kolter, "Mimetic Initialization of Self-Attention Layers" (2023).
    """
    import torch

    with torch.no_grad():
        embedding = model.model.embed_tokens.weight
        embedding *= 2.5  # tokens must stand out from what fresh layers add
        embedding[:, -model.config.head_dim :] = 0  # kept free for a token's predecessor
        embedding[:, 0] = 0.15  # the same for every token
        model.model.norm.weight *= 4  # so that what is copied wins from the first step on
        for layer in model.model.layers[:2]:
            layer.self_attn.o_proj.weight *= 0.2
            layer.mlp.down_proj.weight *= 0.2
        frequencies = model.model.rotary_emb.inv_freq
        _look_back(model.model.layers[0].self_attn, frequencies, model.config)
        _find_earlier(model.model.layers[1].self_attn, frequencies, model.config)


def _look_back(attention: Any, frequencies: Any, config: Any) -> None:
    """The first head attends to the place before and notes which token stands there."""
    import torch

    size, half = config.head_dim, config.head_dim // 2
    for fast in range(min(_FAST, half)):
        pair = [fast, fast + half]
        for projection in (attention.q_proj, attention.k_proj):
            projection.weight[pair] = 0
        attention.q_proj.weight[fast, 0] = 1
        attention.k_proj.weight[fast, 0] = torch.cos(frequencies[fast])
        attention.k_proj.weight[fast + half, 0] = torch.sin(frequencies[fast])
        attention.q_norm.weight[pair] = 3
        attention.k_norm.weight[pair] = 3
    attention.v_proj.weight[:size] = 0
    attention.v_proj.weight[:size, size : 2 * size] = torch.eye(size)
    attention.o_proj.weight[:, :size] = 0
    attention.o_proj.weight[-size:, :size] = 0.1 * torch.eye(size)


def _find_earlier(attention: Any, frequencies: Any, config: Any) -> None:
    """Every head attends where the present token is noted as predecessor, and copies from there."""
    import torch

    size, heads = config.head_dim, config.num_attention_heads
    per_group = heads // config.num_key_value_heads
    slow = (frequencies * _FAR < 1).repeat(2).float().diag()  # hardly turned within a match
    attention.q_proj.weight *= 0.1
    attention.k_proj.weight *= 0.1
    attention.q_norm.weight[:] = 2
    attention.k_norm.weight[:] = 2
    for head in range(heads):
        rows = slice(head * size, (head + 1) * size)
        part = _slice_of(head // per_group, config)
        attention.q_proj.weight[rows, size : 2 * size] += slow
        attention.o_proj.weight[:, rows] = 0
        attention.o_proj.weight[part, rows] = 0.1 * torch.eye(size)
    for group in range(heads // per_group):
        rows = slice(group * size, (group + 1) * size)
        attention.k_proj.weight[rows, -size:] += slow
        attention.v_proj.weight[rows] = 0
        attention.v_proj.weight[rows, _slice_of(group, config)] = torch.eye(size)


def _slice_of(group: int, config: Any) -> slice:
    """Which of a token's features a group of heads copies."""
    size = config.head_dim
    part = (1 + group) % (config.hidden_size // size - 1)
    return slice(part * size, (part + 1) * size)
