"""The short chat template in the marks of a family."""

import pytest

from train.models.family import CHATML, LLAMA3, find_family, write_response, write_template

TALK = [
    {"role": "system", "content": "Be kind."},
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": "<think>\nbenign\n</think>\n\nHello"},
]
LLAMA3_TOKENS = ("<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>")


def test_a_family_is_known_by_its_marks(make_tokenizer):
    assert find_family(make_tokenizer()) is CHATML
    assert find_family(make_tokenizer(LLAMA3_TOKENS, eos="<|eot_id|>", pad=None)) is LLAMA3
    assert find_family(make_tokenizer(("<|endoftext|>", "<|im_start|>"), eos=None)) is None


def test_a_conversation_is_written_with_the_marks_of_chatml(make_tokenizer):
    tokenizer = make_tokenizer(template=write_template(CHATML))
    assert tokenizer.apply_chat_template(TALK, tokenize=False) == (
        "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n"
        "<|im_start|>assistant\n<think>\nbenign\n</think>\n\nHello<|im_end|>\n"
    )


def test_a_conversation_is_written_with_the_marks_of_llama(make_tokenizer):
    tokenizer = make_tokenizer(LLAMA3_TOKENS, "<|eot_id|>", None, write_template(LLAMA3))
    assert tokenizer.apply_chat_template(TALK, tokenize=False) == (
        "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nBe kind.<|eot_id|>"
        "<|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\n"
        "<think>\nbenign\n</think>\n\nHello<|eot_id|>"
    )


def test_tools_are_a_line_each(make_tokenizer):
    tokenizer = make_tokenizer(template=write_template(CHATML))
    properties = {"to": {"type": "string"}, "sum": {"type": "number"}, "why": {"enum": ["a", "b"]}}
    tool = {"function": {"name": "pay", "parameters": {"properties": properties}}}
    text = tokenizer.apply_chat_template(TALK, tools=[tool], tokenize=False)
    assert text.startswith(
        "<|im_start|>system\nBe kind.\npay(to, sum: number, why: a|b)<|im_end|>\n"
    )


@pytest.mark.parametrize("family", [CHATML, LLAMA3])
def test_replies_are_read_from_where_the_agent_speaks(family):
    found = write_response(family)
    assert found["start_anchor"] == f"{family.start}assistant{family.mid}"
    assert found["fields"]["content"]["close_pattern"].startswith(r"<\|")


def test_the_response_template_of_chatml_is_that_of_qwen3():
    from trl.chat_template_utils import qwen3_template

    assert write_response(CHATML) == qwen3_template
