"""A GGUF file becomes a plain folder, or nothing."""

import pytest

from tool_catalog.errors import UserMistake
from train.models.pretrained.dequantised import dequantise


@pytest.fixture(scope="module")
def folder(carrier, tmp_path_factory):
    site, package = carrier
    out = tmp_path_factory.mktemp("weights") / "tiny"
    dequantise(site / package.file, out, package)
    return out


def test_a_plain_model_comes_out_with_the_values_of_the_file(folder, carrier):
    import torch
    from gguf import GGUFReader, quants
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(folder)
    assert model.config.max_position_embeddings == 512
    reader = GGUFReader(carrier[0] / carrier[1].file)
    packed = next(t for t in reader.tensors if t.name == "blk.0.ffn_up.weight")
    values = torch.from_numpy(quants.dequantize(packed.data, packed.tensor_type)).bfloat16()
    assert model.model.layers[0].mlp.up_proj.weight.equal(values)


def test_the_folder_can_be_saved_again(folder, tmp_path):
    from transformers import AutoModelForCausalLM

    AutoModelForCausalLM.from_pretrained(folder).save_pretrained(tmp_path)
    assert (tmp_path / "model.safetensors").is_file()


def test_digits_are_tokens_of_their_own(folder):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    inner = tokenizer.backend_tokenizer.pre_tokenizer
    assert [piece for piece, _ in inner.pre_tokenize_str("a 12")] == ["a", "Ġ", "1", "2"]


def test_where_it_is_from_and_its_licence_lie_beside_it(folder):
    text = (folder / "NOTICE").read_text(encoding="utf-8")
    assert text.startswith("tiny.gguf of the package triact-tiny-weights 1.2, dequantised to")
    assert text.endswith("Licence: Apache-2.0\n")


def test_a_file_that_is_no_model_leaves_nothing(tmp_path, carrier):
    (tmp_path / "odd.gguf").write_bytes(b"GGUF" + b"\0" * 64)
    with pytest.raises(UserMistake, match=r"odd\.gguf: cannot be read as a model"):
        dequantise(tmp_path / "odd.gguf", tmp_path / "out", carrier[1])
    assert [path.name for path in tmp_path.iterdir()] == ["odd.gguf"]
