"""Rows that do not fit are said before training, with numbers."""

import pytest

from tool_catalog.errors import UserMistake
from train.models.family import CHATML, write_template
from train.models.lengths import check_lengths, count_tokens


@pytest.mark.parametrize("lengths", [[], [5, 10]])
def test_rows_that_fit_pass(lengths):
    check_lengths(lengths, 10, 10, "m")


@pytest.mark.parametrize(
    ("context", "allowed", "cure"),
    [
        (10, 99, "choose a model that takes more, or generate with a shorter --length"),
        (99, 10, "set sft.max_length to 12 or more in a preset"),
    ],
)
def test_rows_that_do_not_fit_are_counted(context, allowed, cure):
    with pytest.raises(UserMistake) as raised:
        check_lengths([5, 11, 12], context, allowed, "m")
    assert str(raised.value) == (
        "m: 2 of 3 rows do not fit: the longest has 12 tokens, "
        f"the model takes {context} and sft.max_length is {allowed}; {cure}"
    )


def test_tokens_are_counted_as_the_template_writes_them(make_tokenizer):
    tokenizer = make_tokenizer(template=write_template(CHATML))
    row = {
        "prompt": [{"role": "user", "content": "Hi"}],
        "completion": [{"role": "assistant", "content": "<think>\nx\n</think>\n\nHello"}],
        "tools": [],
    }
    text = "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"
    text += "<think>\nx\n</think>\n\nHello<|im_end|>\n"
    assert count_tokens(tokenizer, [row]) == [len(tokenizer.encode(text))]
