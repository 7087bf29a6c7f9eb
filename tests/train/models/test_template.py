"""What a pretrained tokenizer is given to be trained on, and what is said of one that cannot be."""

import pytest
from trl import chat_template_utils as trl

from tool_catalog.errors import UserMistake
from train.models.chat import encode_prompt, encode_suffix, read_reply
from train.models.family import CHATML, write_template
from train.models.template import fit_chat, is_fitted
from train.presets import Chat

LLAMA3_TOKENS = ("<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>",
                 "<|end_of_text|>")  # fmt: skip
FOREIGN = "{% for m in messages %}[{{ m.role }}] {{ m.content }}{% endfor %}"
ASKED = [{"role": "user", "content": "Look at 12."}]
CALL = {"type": "function", "function": {"name": "look", "arguments": {"id": "12"}}}
SAID = {"role": "assistant", "content": "<think>\nbenign\n</think>\n\n", "tool_calls": [CALL]}
TOLD = {"role": "tool", "content": "[]"}


def _check_turns(tokenizer, reasoning=True):
    """A prompt, a turn and what follows it, put together, are the whole conversation."""
    prompt = encode_prompt(tokenizer, ASKED, [], reasoning=reasoning)
    suffix = encode_suffix(tokenizer, [TOLD], reasoning=reasoning)
    said = SAID if reasoning else SAID | {"content": ""}
    whole = tokenizer.apply_chat_template(
        [*ASKED, said, TOLD], add_generation_prompt=True, return_dict=False,
        enable_thinking=reasoning,
    )  # fmt: skip
    turn = whole[len(prompt) : -len(suffix)]
    assert prompt + turn + suffix == whole
    assert turn[-1] == tokenizer.eos_token_id
    found = read_reply(tokenizer, turn, prompt)
    assert found["tool_calls"] == [CALL]
    assert (found.get("reasoning_content") or "") == ("benign" if reasoning else "")
    assert found["content"] == ""


@pytest.mark.parametrize("reasoning", [True, False])
@pytest.mark.parametrize(
    ("tokens", "end", "pad"),
    [
        (("<|endoftext|>", "<|im_start|>", "<|im_end|>"), "<|im_end|>", "<|endoftext|>"),
        (LLAMA3_TOKENS, "<|eot_id|>", "<|end_of_text|>"),
    ],
)
def test_a_base_model_gets_the_short_template_of_its_family(
    make_tokenizer, tokens, end, pad, reasoning
):
    tokenizer = make_tokenizer(tokens, eos=tokens[0], pad=None)
    assert not is_fitted(tokenizer)
    fit_chat(tokenizer, Chat(), "base")
    assert is_fitted(tokenizer)
    assert (tokenizer.eos_token, tokenizer.pad_token) == (end, pad)
    assert trl.supports_tool_calling(tokenizer)
    assert trl.is_chat_template_prefix_preserving(tokenizer)
    assert trl.is_chat_template_stop_token_trained(tokenizer)
    _check_turns(tokenizer, reasoning)


def test_a_template_that_trl_knows_is_kept_and_made_fit(make_tokenizer):
    tokenizer = make_tokenizer(template=trl.qwen3_chat_template)
    fit_chat(tokenizer, Chat(), "qwen")
    assert tokenizer.chat_template == trl.qwen3_training_chat_template
    assert tokenizer.response_template == trl.qwen3_template
    _check_turns(tokenizer)


def test_the_short_template_can_be_asked_for(make_tokenizer):
    tokenizer = make_tokenizer(template=trl.qwen3_chat_template)
    fit_chat(tokenizer, Chat(template="short"), "qwen")
    assert tokenizer.chat_template == write_template(CHATML)


def test_a_template_that_trl_lacks_makes_room_for_the_short_one(make_tokenizer):
    tokenizer = make_tokenizer(template=FOREIGN)
    fit_chat(tokenizer, Chat(), "smollm")
    assert tokenizer.chat_template == write_template(CHATML)


def test_one_that_has_been_trained_on_keeps_what_it_has(make_tokenizer):
    tokenizer = make_tokenizer(template=write_template(CHATML) + "{# mine #}")
    tokenizer.response_template = {"start_anchor": "mine"}
    before = tokenizer.chat_template
    fit_chat(tokenizer, Chat(template="short"), "mine")
    assert tokenizer.chat_template == before
    assert tokenizer.response_template == {"start_anchor": "mine"}


def test_a_preset_gives_template_and_response(make_tokenizer):
    tokenizer = make_tokenizer()
    given = write_template(CHATML) + "{# mine #}"
    fit_chat(tokenizer, Chat(template=given, response="qwen3"), "mine")
    assert tokenizer.chat_template == given
    _check_turns(tokenizer)


def test_a_family_can_be_named_where_its_marks_are_several_tokens(make_tokenizer):
    tokenizer = make_tokenizer(("<|endoftext|>", "<|pad|>"), eos="<|endoftext|>", pad="<|pad|>")
    fit_chat(tokenizer, Chat(family="chatml"), "gpt2")
    assert tokenizer.eos_token == "<|endoftext|>"
    _check_turns(tokenizer)


@pytest.mark.parametrize(
    ("made", "chat", "said"),
    [
        pytest.param(
            {"special": ("<|endoftext|>",), "eos": "<|endoftext|>"}, {},
            "m: has no chat template, and no family's marks (chatml, llama3); name one as "
            "chat.family in a preset",
            id="no-template",
        ),
        pytest.param(
            {"special": ("<|endoftext|>",), "eos": "<|endoftext|>", "template": FOREIGN}, {},
            "m: has a chat template TRL lacks, and no family's marks", id="foreign-template",
        ),
        pytest.param(
            {"special": ("<|endoftext|>",), "eos": None}, {"family": "chatml"},
            "m: has no end token; name one as chat.end_token", id="no-end",
        ),
        pytest.param(
            {"special": ("<|im_start|>", "<|im_end|>"), "pad": None}, {},
            "m: has no pad token; name one as chat.pad_token", id="no-pad",
        ),
        pytest.param({}, {"pad_token": "<p>"}, "chat.pad_token '<p>' is not in its", id="odd-pad"),
        pytest.param({}, {"template": "own"}, "m: has no chat template; set", id="no-own"),
        pytest.param(
            {"template": FOREIGN}, {"template": "own"},
            "m: TRL cannot train on this chat template", id="own-is-foreign",
        ),
        pytest.param(
            {}, {"template": write_template(CHATML), "response": "quen"},
            "chat.response 'quen': TRL reads replies by", id="odd-response",
        ),
        pytest.param(
            {}, {"template": "{% generation %}{% endgeneration %}{{ x.y.z }}", "response": "qwen3"},
            "m: its chat template cannot be used", id="broken-template",
        ),
        pytest.param(
            {}, {"template": write_template(CHATML), "response": "llama3"},
            "m: a call in its chat template is not read back", id="response-of-others",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_trained_on_is_said(make_tokenizer, made, chat, said):
    tokenizer = make_tokenizer(**made)
    with pytest.raises(UserMistake) as raised:
        fit_chat(tokenizer, Chat(**chat), "m")
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_vocabulary_that_cannot_write_a_mark_is_said():
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = {"<|im_start|>": 0, "<|im_end|>": 1, "<|endoftext|>": 2, "?": 3, "think": 4}
    raw = Tokenizer(models.WordLevel(words, unk_token="?"))
    raw.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw, unk_token="?")
    with pytest.raises(UserMistake, match="m: its vocabulary cannot write the mark <think>"):
        fit_chat(tokenizer, Chat(), "m")
