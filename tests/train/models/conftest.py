"""Pretrained models as small as can be: tokenizers, folders, and a package that carries a GGUF."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from train.presets import Preset, WeightsPackage

CHATML_TOKENS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")


def _make_raw(special: tuple[str, ...]) -> Any:
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


@pytest.fixture(scope="session")
def make_tokenizer() -> Callable[..., Any]:
    """A byte-level tokenizer with some special tokens, an end and a pad token."""
    from transformers import PreTrainedTokenizerFast

    def make(
        special: tuple[str, ...] = CHATML_TOKENS,
        eos: str | None = "<|im_end|>",
        pad: str | None = "<|endoftext|>",
        template: str | None = None,
    ) -> Any:
        made = PreTrainedTokenizerFast(
            tokenizer_object=_make_raw(special),
            eos_token=eos,
            pad_token=pad,
            clean_up_tokenization_spaces=False,
        )
        made.chat_template = template
        return made

    return make


@pytest.fixture(scope="session")
def save_pretrained(make_tokenizer: Callable[..., Any]) -> Callable[..., Path]:
    """Save a Llama of random weights into a folder, with a tokenizer unless told otherwise."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    def save(folder: Path, tokenizer: Any = None, *, positions: int = 2048) -> Path:
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

    return save


def _write_gguf(path: Path) -> None:
    """A Llama of one layer in four bits, as a published file of this kind has it."""
    import numpy as np
    from gguf import GGMLQuantizationType, GGUFWriter, quants

    known = json.loads(_make_raw(CHATML_TOKENS).to_str())["model"]
    tokens = sorted(known["vocab"], key=known["vocab"].get)
    writer = GGUFWriter(path, "llama")
    writer.add_name("Tiny")
    writer.add_block_count(1)
    writer.add_context_length(512)
    writer.add_embedding_length(32)
    writer.add_feed_forward_length(32)
    writer.add_head_count(2)
    writer.add_head_count_kv(1)
    writer.add_rope_dimension_count(16)
    writer.add_rope_freq_base(10000.0)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    writer.add_token_types([3] * 3 + [1] * (len(tokens) - 3))
    writer.add_token_merges([" ".join(pair) for pair in known["merges"]])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_pad_token_id(2)
    dice = np.random.default_rng(0)
    shapes = {
        "token_embd": (len(tokens), 32), "blk.0.attn_q": (32, 32), "blk.0.attn_k": (16, 32),
        "blk.0.attn_v": (16, 32), "blk.0.attn_output": (32, 32), "blk.0.ffn_gate": (32, 32),
        "blk.0.ffn_up": (32, 32), "blk.0.ffn_down": (32, 32),
    }  # fmt: skip
    for name, shape in shapes.items():
        values = dice.normal(size=shape).astype(np.float32)
        packed = quants.quantize(values, GGMLQuantizationType.Q4_1)
        writer.add_tensor(f"{name}.weight", packed, raw_dtype=GGMLQuantizationType.Q4_1)
    for name in ("output_norm", "blk.0.attn_norm", "blk.0.ffn_norm"):
        writer.add_tensor(f"{name}.weight", np.ones(32, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


@pytest.fixture(scope="session")
def carrier(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, WeightsPackage]:
    """A folder with an installed package that carries weights, and what a preset says of it."""
    site = tmp_path_factory.mktemp("site")
    info = site / "triact_tiny_weights-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: triact-tiny-weights\nVersion: 1.2\n", encoding="utf-8"
    )
    inside = site / "triact_tiny_weights"
    inside.mkdir()
    (inside / "__init__.py").write_text("raise ImportError('never imported')", encoding="utf-8")
    _write_gguf(inside / "tiny.gguf")
    digest = hashlib.sha256((inside / "tiny.gguf").read_bytes()).hexdigest()
    package = WeightsPackage(
        name="triact-tiny-weights",
        version="1.2",
        file="triact_tiny_weights/tiny.gguf",
        sha256=digest,
        license="Apache-2.0",
    )
    return site, package


@pytest.fixture(scope="session")
def make_preset() -> Callable[..., Preset]:
    """A preset of a pretrained model."""

    def make(**settings: Any) -> Preset:
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

    return make
