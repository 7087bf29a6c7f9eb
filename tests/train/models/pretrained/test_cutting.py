"""A cut model writes what it wrote, with fewer layers and tokens."""

import pytest
import torch
from datasets import Dataset
from transformers import LlamaConfig, LlamaForCausalLM

from tests.small_models import make_preset
from tool_catalog.errors import UserMistake
from train.models.chat import encode_prompt, encode_suffix, read_reply
from train.models.pretrained.cutting import _MARKS, cut_model
from train.models.template import fit_chat
from train.presets import Chat

CALL = {"type": "function", "function": {"name": "look", "arguments": {"id": "A-7", "at": "8"}}}
PROMPT = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Look up A-7."}]
SAID = [
    {"role": "assistant", "content": "<think>\nbenign\n</think>\n\n", "tool_calls": [CALL]},
    {"role": "tool", "content": '{"results": [{"id": "A-7"}]}', "name": "look"},
    {"role": "assistant", "content": "<think>\nall there\n</think>\n\nIt is A-7."},
]
ROWS = Dataset.from_list([{"prompt": PROMPT, "completion": SAID[:1], "tools": []}] * 3)
"""As rows of a run are, calls of one kind, so that columns agree."""


@pytest.fixture
def whole(make_tokenizer):
    """A Llama of four layers and its tokenizer, ready for conversations."""
    tokenizer = make_tokenizer()
    fit_chat(tokenizer, Chat(template="short"), "whole")
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=16, intermediate_size=16, num_hidden_layers=4,
        num_attention_heads=2, num_key_value_heads=1, tie_word_embeddings=True,
    )  # fmt: skip
    torch.manual_seed(0)
    return LlamaForCausalLM(config).eval(), tokenizer


def _cut(whole, **cut):
    preset = make_preset(model="m", cut=cut, chat={"template": "short"})
    return cut_model(*whole, preset, ROWS, 0)


def test_a_preset_that_cuts_nothing_leaves_all_as_it_is(whole):
    before = {name: value.clone() for name, value in whole[0].state_dict().items()}
    model, tokenizer = _cut(whole)
    assert tokenizer is whole[1]
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_layers_that_stay_are_those_named(whole):
    layers = list(whole[0].model.layers)
    model, _ = _cut(whole, layers=[0, 1, 3])
    assert list(model.model.layers) == [layers[0], layers[1], layers[3]]
    assert model.config.num_hidden_layers == 3
    ids = torch.tensor([[5, 6, 7, 8]])
    at_once = model(ids).logits[:, -1]
    first = model(ids[:, :3], use_cache=True)
    after = model(ids[:, 3:], past_key_values=first.past_key_values).logits[:, -1]
    assert torch.allclose(at_once, after, atol=1e-5)


def test_a_layer_that_is_not_there_is_said(whole):
    with pytest.raises(UserMistake, match=r"preset mine: cut\.layers: the model has layers 0 to 3"):
        _cut(whole, layers=[0, 4])


def test_texts_are_written_with_the_tokens_they_had_but_for_marks(whole):
    old = whole[1]
    _, new = _cut(whole, vocabulary=True)
    assert len(new) < len(old) + len(_MARKS)
    for text in ("Look up A-7.", "It is A-7.", "Be kind."):
        assert new.tokenize(text) == old.tokenize(text)
    for mark in _MARKS:
        assert len(new.encode(mark)) == 1 < len(old.encode(mark))
    for text in ("Something quite else: Zoë, 4711 €\n", "<think>\nx\n</think>\n\n"):
        assert new.decode(new.encode(text)) == text


def test_a_token_stays_what_it_was_and_a_mark_is_like_none_of_them(whole):
    old = whole[1]
    weights = whole[0].get_input_embeddings().weight.clone()
    model, new = _cut(whole, vocabulary=True)
    cut = model.get_input_embeddings().weight
    assert cut.shape[0] == len(new) == model.config.vocab_size
    assert model.lm_head.weight is cut
    for token in ("L", "look", "<|im_end|>"):
        if token in new.get_vocab():
            assert torch.equal(cut[new.get_vocab()[token]], weights[old.get_vocab()[token]])
    marks = cut[[new.get_vocab()[mark] for mark in _MARKS]]
    apart = marks - weights.mean(0)
    assert torch.allclose(apart.std(), (weights - weights.mean(0)).std(), rtol=0.3)
    alike = torch.corrcoef(apart).triu(1)
    assert alike.abs().max() < 0.9  # each is told from the others


@pytest.mark.parametrize("reasoning", [True, False])
def test_conversations_still_come_back_as_they_were(whole, reasoning):
    _, tokenizer = _cut(whole, vocabulary=True)
    assert tokenizer.chat_template == whole[1].chat_template
    assert (tokenizer.eos_token, tokenizer.pad_token) == ("<|im_end|>", "<|endoftext|>")
    said = SAID[0] if reasoning else SAID[0] | {"content": ""}
    prompt = encode_prompt(tokenizer, PROMPT, [], reasoning=reasoning)
    suffix = encode_suffix(tokenizer, SAID[1:2], reasoning=reasoning)
    conversation = tokenizer.apply_chat_template(
        [*PROMPT, said, SAID[1]], add_generation_prompt=True, return_dict=False,
        enable_thinking=reasoning,
    )  # fmt: skip
    turn = conversation[len(prompt) : -len(suffix)]
    assert prompt + turn + suffix == conversation
    found = read_reply(tokenizer, turn, prompt)
    assert found["tool_calls"] == [CALL]
    assert (found.get("reasoning_content") or "") == ("benign" if reasoning else "")
