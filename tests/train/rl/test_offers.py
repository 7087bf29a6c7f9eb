"""Turns of a training keep to what their prompts offer; what was forced is not learned."""

from typing import Any

import pytest
import torch
from small_models import make_tokenizer
from torch.nn.utils.rnn import pad_sequence

from train.models.template import fit_chat
from train.presets import Chat
from train.rl.offers import Offers

PROMPTS = ["see", "hear it"]
NAMES = ["look", "listen"]


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    made = make_tokenizer()
    fit_chat(made, Chat(template="short"), "test")
    return made


@pytest.fixture(scope="module")
def offers(tokenizer: Any) -> Offers:
    shape = {"type": "object", "properties": {}}
    tools = [
        [{"type": "function", "function": {"name": name, "parameters": shape}}] for name in NAMES
    ]
    return Offers(tokenizer, 320, PROMPTS, tools)


def say(tokenizer: Any, name: str) -> list[int]:
    text = f'<tool_call>\n{{"name": "{name}", "arguments": {{}}}}\n</tool_call>'
    return list(tokenizer.encode(text))


@pytest.mark.parametrize("number", [0, 1])
def test_each_prompt_has_tools_of_its_own(tokenizer, offers, number):
    def follows(name: str) -> bool:
        guide = offers.start(tokenizer.encode(PROMPTS[number]))
        for token in say(tokenizer, name):
            if not guide.show()[token]:
                return False
            guide.take(token)
        return True

    assert follows(NAMES[number])
    assert not follows(NAMES[1 - number])


def test_what_a_guide_forces_is_no_choice(tokenizer, offers):
    def pad(rows: list[list[int]], side: str) -> Any:
        return pad_sequence([*map(torch.tensor, rows)], batch_first=True, padding_side=side)

    prompts = [tokenizer.encode(text) for text in PROMPTS]
    said = [say(tokenizer, name) for name in NAMES]
    marks = offers.mark_choices({
        "prompt_ids": pad(prompts, "left"),
        "prompt_mask": pad([[1] * len(ids) for ids in prompts], "left"),
        "completion_ids": pad(said, "right"),
        "completion_mask": (own := pad([[1] * len(ids) for ids in said], "right")),
    })  # fmt: skip
    assert marks.shape == own.shape and (marks <= own).all()  # padding is nobody's choice
    start = len(tokenizer.encode("<tool_call>"))
    assert marks[:, :start].any(dim=1).all()  # another text might have begun
    assert not marks[0, start + 1 : len(said[0]) - 1].any()  # the only tool, and no arguments
