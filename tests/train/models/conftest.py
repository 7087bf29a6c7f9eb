"""Small pretrained models, and an installed package that carries one as a GGUF file."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import small_models

from train.presets import Preset, WeightsPackage


@pytest.fixture(scope="session")
def make_tokenizer() -> Callable[..., Any]:
    return small_models.make_tokenizer


@pytest.fixture(scope="session")
def save_pretrained() -> Callable[..., Path]:
    return small_models.save_pretrained


@pytest.fixture(scope="session")
def make_preset() -> Callable[..., Preset]:
    return small_models.make_preset


def _write_gguf(path: Path) -> None:
    """A Llama of one layer in four bits, as a published file of this kind has it."""
    import numpy as np
    from gguf import GGMLQuantizationType, GGUFWriter, quants

    known = json.loads(small_models.make_raw(small_models.CHATML_TOKENS).to_str())["model"]
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
