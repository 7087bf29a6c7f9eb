"""Models are loaded ready for conversations, or what is wrong with them is said in a line."""

import shutil

import pytest

from tool_catalog.errors import UserMistake
from train.models.family import CHATML, write_template
from train.models.loading import check_pretrained, load_model, open_pretrained, read_context


def test_an_untouched_folder_is_made_ready(save_pretrained, make_tokenizer, make_preset, tmp_path):
    folder = save_pretrained(tmp_path / "m", make_tokenizer(eos="<|endoftext|>"))
    preset = make_preset(model=str(folder))
    check_pretrained(preset)
    model, tokenizer = open_pretrained(preset)
    assert tokenizer.chat_template == write_template(CHATML)
    assert tokenizer.response_template is not None
    assert model.config.eos_token_id == model.generation_config.eos_token_id == 2
    assert model.config.pad_token_id == model.generation_config.pad_token_id == 0


def test_a_trained_folder_is_as_it_was_saved(save_pretrained, make_preset, tmp_path):
    preset = make_preset(model=str(save_pretrained(tmp_path / "m")))
    model, tokenizer = open_pretrained(preset)
    tokenizer.chat_template += "{# mine #}"
    model.save_pretrained(tmp_path / "out")
    tokenizer.save_pretrained(tmp_path / "out")
    loaded, again = load_model(tmp_path / "out", preset)
    assert again.chat_template == tokenizer.chat_template
    assert again.response_template == tokenizer.response_template
    assert loaded.lm_head.weight.equal(model.lm_head.weight)


def test_a_check_reads_no_weights(save_pretrained, make_preset, tmp_path):
    folder = save_pretrained(tmp_path / "m")
    (folder / "model.safetensors").write_bytes(b"")
    check_pretrained(make_preset(model=str(folder)))
    with pytest.raises(UserMistake, match="cannot be loaded as a model"):
        load_model(folder, make_preset(model=str(folder)))


@pytest.mark.parametrize("missing", ["tokenizer.json", "config.json"])
def test_a_folder_without_tokenizer_or_config_is_said(
    save_pretrained, make_preset, tmp_path, missing
):
    folder = save_pretrained(tmp_path / "m")
    (folder / missing).unlink()
    with pytest.raises(UserMistake, match="m: cannot be loaded as a model") as raised:
        check_pretrained(make_preset(model=str(folder)))
    assert "\n" not in str(raised.value)


def test_a_folder_without_anything_of_a_tokenizer_is_said(save_pretrained, make_preset, tmp_path):
    folder = save_pretrained(tmp_path / "m", False)
    with pytest.raises(UserMistake, match="m: "):
        check_pretrained(make_preset(model=str(folder)))


def test_a_model_that_is_nowhere_is_said(make_preset, tmp_path):
    with pytest.raises(UserMistake, match="org/none: cannot be loaded as a model"):
        check_pretrained(make_preset(model="org/none"))
    shutil.rmtree(tmp_path)


def test_the_context_is_read_from_the_config(save_pretrained, tmp_path):
    assert read_context(save_pretrained(tmp_path / "m", positions=77)) == 77
