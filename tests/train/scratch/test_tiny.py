from collections.abc import Callable
from typing import Any

import pytest

from train.models.chat import encode_prompt, encode_suffix, read_reply
from train.models.rendering import encode_rows, render_rows
from train.presets import load_preset
from train.scratch.tiny import build_model, build_tokenizer

TEXTS = [
    'Send 24 euros to Bob Smith. {"to": "bob.smith@example.com", "amount": -480}',
    "<|im_start|>system\nBe kind.<|im_end|>\nuser assistant name arguments GB00TEST123456",
] * 8


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return build_tokenizer(TEXTS, 600)


@pytest.mark.parametrize(
    "text",
    [
        "Send  24 euros, now.\n\nBob_Smith said: 'x'!",
        '{"memo": "a b", "n": [1, -22, 333], "e": "\u00e9\u4e2d\u200b"}',
        " leading and trailing ",
        "tab\tand\x00null",
        "<think>\nok\n</think>\n\n<tool_call>\n{}\n</tool_call>",
    ],
)
def test_decoding_gives_back_every_character(tokenizer: Any, text: str) -> None:
    assert tokenizer.decode(tokenizer.encode(text)) == text


@pytest.mark.parametrize("value", ["Bob Smith", "bob.smith@example.com", "GB00TEST123456", "-480"])
def test_a_value_has_the_same_tokens_in_prose_and_in_json(tokenizer: Any, value: str) -> None:
    alone = tokenizer.tokenize(value)
    for text in (f"to {value} please", f'{{"a": "{value}"}}', f"({value})"):
        tokens = tokenizer.tokenize(text)
        inner = alone if value[0] != "-" else alone[1:]  # a sign joins the mark before it
        found = [tokens[i : i + len(inner)] for i in range(len(tokens))]
        assert inner in found, tokens


def test_a_space_between_words_costs_no_token(tokenizer: Any) -> None:
    assert len(tokenizer.tokenize("Bob Smith")) == len(tokenizer.tokenize("Bob")) + len(
        tokenizer.tokenize("Smith")
    )


def test_marks_are_single_tokens_that_decoding_keeps(tokenizer: Any) -> None:
    for mark in ("<tool_call>", "</tool_call>", "<tool_response>", "<think>", "</think>"):
        assert tokenizer.tokenize(mark) == [mark]
        ids = tokenizer.encode(mark)
        assert tokenizer.decode(ids, skip_special_tokens=True) == mark


def test_trl_accepts_the_chat_template(tokenizer: Any) -> None:
    from trl.chat_template_utils import (
        is_chat_template_prefix_preserving,
        is_chat_template_stop_token_trained,
        supports_tool_calling,
    )

    assert supports_tool_calling(tokenizer)
    assert is_chat_template_prefix_preserving(tokenizer)
    assert is_chat_template_stop_token_trained(tokenizer)


def test_assistant_and_tool_turns_are_rendered_as_qwen3_renders_them(
    tokenizer: Any, make_row: Callable[..., dict[str, Any]]
) -> None:
    from trl.chat_template_utils import qwen3_training_chat_template

    row = make_row("verify")
    messages = [*row["prompt"], *row["completion"]]
    ours = tokenizer.apply_chat_template(messages, tokenize=False)
    theirs = tokenizer.apply_chat_template(
        messages, tokenize=False, chat_template=qwen3_training_chat_template
    )
    assert ours == theirs


def test_tools_are_one_line_each_whatever_their_order(
    tokenizer: Any, make_row: Callable[..., dict[str, Any]]
) -> None:
    row = make_row()
    text = tokenizer.apply_chat_template(row["prompt"], tools=row["tools"], tokenize=False)
    assert "\ntransfer_funds(to_iban, amount: integer, memo)" in text
    assert "\nask_user(question, tool, arguments: object)\n" in text
    turned = tokenizer.apply_chat_template(row["prompt"], tools=row["tools"][::-1], tokenize=False)
    assert turned == text


def test_schemas_of_strangers_are_shown_too(tokenizer: Any) -> None:
    properties = {"any": {"description": "x"}, "some": {"type": ["string", "null"]},
                  "one": {"enum": ["a", "b"]}}  # fmt: skip
    tool = {"function": {"name": "f", "parameters": {"properties": properties}}}
    text = tokenizer.apply_chat_template(
        [{"role": "user", "content": "hi"}], tools=[tool], tokenize=False
    )
    assert "f(any, some: ['string', 'null'], one: a|b)" in text


def test_only_the_agents_own_turns_are_learned(
    tokenizer: Any, make_row: Callable[..., dict[str, Any]]
) -> None:
    row = make_row("execute")
    found = tokenizer.apply_chat_template(
        [*row["prompt"], *row["completion"]],
        tools=row["tools"],
        return_dict=True,
        return_assistant_tokens_mask=True,
    )
    pairs = zip(found["input_ids"], found["assistant_masks"], strict=True)
    learned = tokenizer.decode([token for token, mask in pairs if mask])
    turns = [m for m in row["completion"] if m["role"] == "assistant"]
    assert learned.count("<|im_end|>") == len(turns)
    assert learned.startswith("<think>")
    assert "tool_response" not in learned
    assert "system" not in learned


def test_rows_are_encoded_as_trl_encodes_them(
    tokenizer: Any, make_row: Callable[..., dict[str, Any]]
) -> None:
    rows = [make_row(kind) for kind in ("verify", "refuse", "execute")]
    found = encode_rows(tokenizer, render_rows(tokenizer.chat_template, rows))
    for row, ids, labels in zip(rows, found["input_ids"], found["labels"], strict=True):
        theirs = tokenizer.apply_chat_template(
            [*row["prompt"], *row["completion"]],
            tools=row["tools"],
            return_dict=True,
            return_assistant_tokens_mask=True,
        )
        assert ids == theirs["input_ids"]
        masked = [i if m else -100 for i, m in zip(ids, theirs["assistant_masks"], strict=True)]
        assert labels == masked


def test_turns_of_the_prompt_are_read_and_not_learned(
    tokenizer: Any, make_row: Callable[..., dict[str, Any]]
) -> None:
    row = make_row("verify", before=True)
    assert [m["role"] for m in row["prompt"]].count("assistant") == 2
    found = encode_rows(tokenizer, render_rows(tokenizer.chat_template, [row]))
    [ids], [labels] = found["input_ids"], found["labels"]
    prompt = encode_prompt(tokenizer, row["prompt"], row["tools"], reasoning=True)
    assert ids[: len(prompt)] == prompt
    assert set(labels[: len(prompt)]) == {-100}
    learned = tokenizer.decode([label for label in labels if label >= 0])
    turns = [m for m in row["completion"] if m["role"] == "assistant"]
    assert learned.count("<|im_end|>") == len(turns)
    assert "You have" in tokenizer.decode(prompt)
    assert "You have" not in learned


def test_calls_made_at_once_are_one_turn_and_their_results_the_next(tokenizer: Any) -> None:
    calls = [{"type": "function", "function": {"name": name, "arguments": {"at": number}}}
             for number, name in enumerate(("look", "list"))]  # fmt: skip
    row = {
        "prompt": [{"role": "user", "content": "Both, please."}],
        "completion": [
            {"role": "assistant", "content": "<think>\nboth\n</think>\n\n", "tool_calls": calls},
            {"role": "tool", "name": "look", "content": '{"a": 1}'},
            {"role": "tool", "name": "list", "content": '{"b": 2}'},
            {"role": "assistant", "content": "<think>\ndone\n</think>\n\nThere."},
        ],
        "tools": [],
    }
    [rendered] = render_rows(tokenizer.chat_template, [row])
    first, last = (rendered.text[start:end] for start, end in rendered.turns)
    assert first.count("<tool_call>") == 2
    assert rendered.text.count("<|im_start|>user") == 2  # the request, and both results in one
    assert "There." in last
    said = tokenizer.encode(first, add_special_tokens=False)
    parsed = read_reply(tokenizer, said, tokenizer.encode("<|im_start|>assistant\n"))
    assert parsed["tool_calls"] == calls
    assert parsed["reasoning_content"] == "both"


def test_a_conversation_grows_by_its_suffix(
    tokenizer: Any, make_row: Callable[..., dict[str, Any]]
) -> None:
    row = make_row("execute")
    said, result = row["completion"][:2]
    whole = tokenizer.apply_chat_template(
        [*row["prompt"], said, result],
        tools=row["tools"],
        add_generation_prompt=True,
        tokenize=True,
        return_dict=False,
    )
    start = encode_prompt(tokenizer, row["prompt"], row["tools"], reasoning=True)
    end = encode_suffix(tokenizer, [result], reasoning=True)
    assert whole[: len(start)] == start
    assert whole[-len(end) :] == end
    middle = whole[len(start) : -len(end)]
    assert middle[-1] == tokenizer.eos_token_id
    parsed = read_reply(tokenizer, middle, start)
    assert parsed["tool_calls"] == said["tool_calls"]


def test_without_reasoning_the_thought_is_closed_beforehand(tokenizer: Any) -> None:
    messages = [{"role": "user", "content": "Hi"}]
    text = tokenizer.decode(encode_prompt(tokenizer, messages, [], reasoning=False))
    assert text.endswith("<|im_start|>assistant\n<think>\n\n</think>")


def test_saving_and_loading_keeps_tokenizer_and_templates(tokenizer: Any, tmp_path: Any) -> None:
    from transformers import AutoTokenizer

    tokenizer.save_pretrained(tmp_path)
    loaded = AutoTokenizer.from_pretrained(tmp_path)
    assert loaded.encode(TEXTS[0]) == tokenizer.encode(TEXTS[0])
    assert loaded.chat_template == tokenizer.chat_template
    assert loaded.response_template == tokenizer.response_template


def test_equal_seeds_give_equal_weights(tokenizer: Any) -> None:
    shape = {
        "layers": 1, "hidden": 16, "heads": 2, "kv_heads": 1, "head_dim": 8,
        "intermediate": 16, "positions": 64, "rope_theta": 1e4,
    }  # fmt: skip
    first, second, other = (build_model(tokenizer, seed=s, **shape) for s in (1, 1, 2))
    assert first.lm_head.weight.equal(second.lm_head.weight)
    assert not first.lm_head.weight.equal(other.lm_head.weight)


def test_a_fresh_model_copies_what_it_has_seen_before(tokenizer: Any) -> None:
    import torch

    model = build_model(
        tokenizer, layers=2, hidden=128, heads=4, kv_heads=2, head_dim=32, intermediate=64,
        positions=256, rope_theta=1e5, seed=0,
    )  # fmt: skip
    once = torch.randperm(len(tokenizer), generator=torch.Generator().manual_seed(0))[:60]
    with torch.inference_mode():
        guessed = model(torch.cat([once, once])[None]).logits[0].argmax(-1)
    right = (guessed[60:-1] == once[1:]).float().mean()
    assert right > 0.8


def test_a_fresh_model_copies_what_it_has_seen(tokenizer: Any) -> None:
    import torch

    shape = load_preset("tiny").shape
    assert shape is not None
    options = shape.model_dump(exclude={"vocab_size", "digits"})
    model = build_model(tokenizer, seed=0, **options)
    dice = torch.Generator().manual_seed(0)
    once = torch.randperm(len(tokenizer), generator=dice)[:60]
    with torch.inference_mode():
        shares = model(torch.cat([once, once])[None]).logits[0].softmax(-1)
    said = shares[60:-1]
    assert (said.argmax(-1) == once[1:]).float().mean() > 0.9
    assert said.gather(1, once[1:, None]).median() > 0.5
