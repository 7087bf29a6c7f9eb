"""What a guide lets through is a call of a tool that is there, as its schema has it, or text."""

import json
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_models import CHATML_TOKENS, make_tokenizer

from tool_catalog.errors import UserMistake
from train.models.decoding.decoder import _Following
from train.models.decoding.guides import Guides
from train.models.template import fit_chat
from train.presets import Chat
from train.scratch.tiny import build_tokenizer

WIDTH = 320
"""Of the model; a little more than its tokenizer has."""


def offer(name: str, properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    shape = {"type": "object", "properties": properties, "required": required}
    return {"type": "function", "function": {"name": name, "parameters": shape}}


SEND = offer(
    "send",
    {
        "to": {"type": "string"},
        "sum": {"type": "number"},
        "how": {"type": "string", "enum": ["fast", "slow"]},
        "what": {"type": "array", "items": {"type": "string"}},
    },
    ["to", "sum"],
)
LOOK = offer("look", {}, [])
TOOLS = [SEND, LOOK]


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    made = make_tokenizer()
    fit_chat(made, Chat(template="short"), "test")
    return made


@pytest.fixture(scope="module")
def marked() -> Any:
    """As a family has them whose calls begin with a token of their own."""
    made = make_tokenizer()
    made.add_tokens(["<tool_call>", "</tool_call>", "<think>", "</think>"])
    fit_chat(made, Chat(template="short"), "test")
    return made


@pytest.fixture(scope="module")
def guides(tokenizer: Any) -> Guides:
    return Guides(tokenizer, WIDTH)


def write_call(name: str, arguments: str) -> str:
    return f'<tool_call>\n{{"name": "{name}", "arguments": {arguments}}}\n</tool_call>'


def hear(guides: Guides, tokenizer: Any, text: str, tools: list[dict[str, Any]] = TOOLS) -> str:
    """As much of a turn as is let through; all of it and its end, or what comes before a halt."""
    guide = guides.start(tools)
    assert guide is not None
    said: list[int] = []
    for token in [*tokenizer.encode(text), tokenizer.eos_token_id]:
        if not guide.show()[token]:
            break
        guide.take(token)
        said.append(token)
    return str(tokenizer.decode(said))


def passes(guides: Guides, tokenizer: Any, text: str, tools: list[Any] = TOOLS) -> bool:
    return hear(guides, tokenizer, text, tools) == text + tokenizer.eos_token


@pytest.mark.parametrize(
    "text",
    [
        "",
        'Done: {"name": "nothing"}, <b> and "all".',
        "<think>\nbenign\n</think>\n\nWell.\n" + write_call("look", "{}"),
        write_call("look", "{}") + "\n" + write_call("send", '{"to": "Zoë", "sum": 12.5}'),
        write_call(
            "send", '{"to": "a \\"b\\" \\n {}", "sum": 0, "how": "slow", "what": ["x", "y"]}'
        ),
    ],
)
@pytest.mark.parametrize("vocabulary", ["tokenizer", "marked"])
def test_text_and_calls_as_they_are_offered_pass(vocabulary, text, request):
    tokenizer = request.getfixturevalue(vocabulary)
    assert passes(Guides(tokenizer, WIDTH), tokenizer, text)


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        pytest.param(write_call("drop", "{}"), '"name": ', id="no such tool"),
        pytest.param(write_call("looks", "{}"), '"name": "loo', id="a longer name"),
        pytest.param(write_call("look", '{"at": 1}'), '"arguments": ', id="no such argument"),
        pytest.param(write_call("send", '{"to": "x"}'), '{"to": "', id="one is missing"),
        pytest.param(write_call("send", '{"to": 7, "sum": 1}'), '{"to":', id="a wrong type"),
        pytest.param(
            write_call("send", '{"to": "x", "sum": 1, "how": "soon"}'), '"how":', id="no choice"
        ),
        pytest.param("<tool_call>{", "<tool_call>", id="another form"),
        pytest.param(write_call("look", "{}")[:-1], "{}}", id="a call without an end"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("vocabulary", ["tokenizer", "marked"])
def test_any_other_call_is_stopped_where_it_goes_wrong(vocabulary, text, heard, request):
    tokenizer = request.getfixturevalue(vocabulary)
    said = hear(Guides(tokenizer, WIDTH), tokenizer, text)
    assert text.startswith(said) and heard in said


@settings(max_examples=60, deadline=None)
@given(
    to=st.text(max_size=20),
    number=st.integers(-(10**9), 10**9),
    what=st.lists(st.text(max_size=6), max_size=3),
)
def test_whatever_values_a_schema_has_can_be_said(guides, tokenizer, to, number, what):
    arguments = json.dumps({"to": to, "sum": number, "what": what}, ensure_ascii=False)
    assert passes(guides, tokenizer, write_call("send", arguments))


def test_without_tools_there_is_nothing_to_keep_to(guides):
    assert guides.start([]) is None


def test_turns_of_one_offer_do_not_disturb_each_other(guides, tokenizer):
    assert not passes(guides, tokenizer, "<tool_call>\n{")
    assert passes(guides, tokenizer, "Well.")


def test_a_schema_that_is_none_leaves_its_arguments_open_and_the_others_held(guides, tokenizer):
    odd = offer("odd", {"x": {"type": "dictionary"}}, ["x"])
    tools = [odd, SEND]
    assert passes(guides, tokenizer, write_call("odd", '{"y": 1}'), tools)
    assert not passes(guides, tokenizer, write_call("send", '{"y": 1}'), tools)


def test_what_could_not_be_said_otherwise_is_told_from_choices(guides, tokenizer):
    guide = guides.start([SEND])
    text = write_call("send", '{"to": "x", "sum": 1}')
    ids = tokenizer.encode(text)
    assert guide is not None
    forced = guide.find_forced(ids)
    chosen = [tokenizer.decode(ids[n]) for n in range(len(ids)) if not forced[n]]
    assert "x" in chosen and "1" in chosen
    assert sum(forced) > 0 and not forced[0]  # something else might have been said


def test_rows_of_generate_follow_their_own_guides():
    import torch

    class Only:
        def __init__(self, token: int) -> None:
            self.token, self.taken = token, list[int]()

        def show(self) -> Any:
            return (torch.arange(5) == self.token).numpy()

        def take(self, token: int) -> None:
            self.taken.append(token)

    one, two = Only(3), Only(1)
    guides: list[Any] = [one, None, two]
    follow = _Following(guides, end=1)
    first = follow(torch.zeros(3, 4, dtype=torch.long), torch.zeros(3, 5))
    assert [row.argmax().item() for row in first] == [3, 0, 1]
    assert first[1].isfinite().all() and not first[0, 0].isfinite()
    second = follow(torch.tensor([[0, 3], [0, 2], [0, 1]]), torch.zeros(3, 5))
    assert (one.taken, two.taken) == ([3], [])  # the last row is over
    assert second[2].isfinite().all()


def test_a_vocabulary_whose_tokens_say_different_things_is_refused():
    with pytest.raises(UserMistake, match="depends on the tokens around it"):
        Guides(build_tokenizer(["one two three"] * 4, 300), 300)


@pytest.mark.parametrize("template", ["{{ messages[0].content }}", "{{ raise_exception('no') }}"])
def test_a_template_that_writes_no_calls_is_refused(template):
    with pytest.raises(UserMistake, match="does not write several calls"):
        Guides(make_tokenizer(CHATML_TOKENS, template=template), WIDTH)


def test_without_llguidance_it_is_said_what_to_do(tokenizer, monkeypatch):
    monkeypatch.setitem(sys.modules, "llguidance", None)
    monkeypatch.setitem(sys.modules, "llguidance.hf", None)
    with pytest.raises(UserMistake, match="constrain_calls: false"):
        Guides(tokenizer, WIDTH)
