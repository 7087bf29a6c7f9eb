"""Agents: what a server is sent, and a local model that many conversations share."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from loopback import Loopback, make_call
from small_models import make_preset, save_pretrained

from gen.engine.endpoint import ChatClient, Endpoint
from tool_catalog.errors import ContextFull
from train.agents.endpoint import EndpointAgent
from train.agents.local import LocalAgent, open_local
from train.agents.loop import Talk
from train.agents.turn import Said, ToolCall
from train.presets import load_preset
from train.scratch.start import make_model

TOOLS = [{"type": "function", "function": {"name": "look", "description": "Looks.",
          "parameters": {"type": "object", "properties": {}}}}]  # fmt: skip


def _ask(text: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": text}]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained model in a folder."""
    preset = load_preset("tiny")
    assert preset.shape is not None
    model, tokenizer = make_model(preset.shape, ["look at the note for me"] * 40, seed=1)
    out = tmp_path_factory.mktemp("model")
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)
    return out


@pytest.fixture
def agent(folder: Path) -> LocalAgent:
    return open_local(folder, load_preset("tiny"), reasoning=True, max_tokens=8)


def _speak(agent: LocalAgent, texts: Sequence[str]) -> list[Any]:
    async def run() -> list[Any]:
        asked = [agent.speak(Talk(_ask(text), TOOLS)) for text in texts]
        return await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), 60)

    return asyncio.run(run())


def test_conversations_that_wait_together_are_continued_together(agent, monkeypatch):
    sizes: list[int] = []
    real = agent._decoder.admit

    def admit(prompts: Sequence[list[int]], guides: Any) -> list[int]:
        sizes.append(len(prompts))
        return real(prompts, guides)

    monkeypatch.setattr(agent._decoder, "admit", admit)
    together = _speak(agent, ["one", "two", "three"])
    assert sizes[0] == 3
    assert not any(sizes[1:])
    assert all(isinstance(said, Said) and said.cut for said in together)
    apart = [_speak(agent, [text])[0] for text in ("one", "two", "three")]
    assert [said.text for said in apart] == [said.text for said in together]


class Whole:
    """A decoder that says all of a batch before anything else."""

    def __init__(self, decoder: Any) -> None:
        self.complete = decoder.complete


@pytest.mark.parametrize("streams", [True, False])
def test_a_bug_in_decoding_reaches_everybody_who_waits(agent, monkeypatch, streams):
    def explode(*_: Any) -> None:
        raise IndexError("no such place")

    monkeypatch.setattr(agent._decoder, "advance", explode)
    if not streams:
        agent._decoder = Whole(agent._decoder)
    found = _speak(agent, ["one", "two"])
    assert [str(error) for error in found] == ["no such place"] * 2


def test_who_comes_later_is_continued_beside_those_who_speak(agent, monkeypatch):
    sizes: list[int] = []
    net = agent._decoder._net
    real = net.step
    monkeypatch.setattr(net, "step", lambda tokens: sizes.append(len(tokens)) or real(tokens))

    async def come_later() -> Any:
        while len(sizes) < 3:
            await asyncio.sleep(0)
        return await agent.speak(Talk(_ask("two"), TOOLS))

    async def run() -> Any:
        first = agent.speak(Talk(_ask("one"), TOOLS))
        return await asyncio.wait_for(asyncio.gather(first, come_later()), 60)

    both = asyncio.run(run())
    assert sizes[:3] == [1, 1, 1]
    assert 2 in sizes
    assert not agent.together  # nobody need wait for others
    alone = LocalAgent(
        Whole(agent._decoder), agent._tokenizer, reasoning=True, context=1536, limit=8
    )
    assert alone.together
    assert [said.text for said in both] == [said.text for said in _speak(alone, ["one", "two"])]


def test_a_conversation_that_is_too_long_fails_alone(agent):
    long, short = _speak(agent, ["look " * 3000, "look"])
    assert isinstance(long, ContextFull)
    assert isinstance(short, Said)


def test_a_server_is_sent_no_thoughts_and_calls_as_text():
    call = make_call("look", '{"at": 1')

    async def run(url: str) -> Said:
        async with ChatClient(Endpoint(url, "m")) as client:
            agent = EndpointAgent(client, {"max_tokens": 9, "seed": 3, "temperature": 0})
            said = Said("", (ToolCall("c1", "look", {"at": 1}),), thought="hm")
            return await agent.speak(Talk([*_ask("hello"), said.to_message()], TOOLS))

    with Loopback(lambda body: call) as server:
        said = asyncio.run(run(server.url))
    assert said.calls == (
        ToolCall("call_1", "look", '{"at": 1'),
    )  # broken arguments stay as they are
    assert said.calls[0].letter == '{"at": 1'
    [body] = server.requests
    assert (body["max_tokens"], body["seed"], body["temperature"]) == (9, 3, 0)
    assert "reasoning_content" not in body["messages"][1]
    assert body["messages"][1]["tool_calls"][0]["function"]["arguments"] == '{"at": 1}'


@pytest.mark.parametrize("held", [True, False])
def test_calls_are_held_to_the_offer_where_the_preset_says_so(tmp_path, held):
    """An untrained model that is made to begin a call calls the tool that there is, or babbles."""
    preset = make_preset(chat={"template": "short"}, model="x", constrain_calls=held)
    folder = save_pretrained(tmp_path / "model")
    agent = open_local(folder, preset, reasoning=True, max_tokens=100)
    real = agent._decoder.admit
    begin = agent._tokenizer.encode("<tool_call>")

    def admit(prompts: list[list[int]], guides: list[Any]) -> list[int]:
        for prompt, guide in zip(prompts, guides, strict=True):
            prompt += begin
            for token in begin if guide else ():
                guide.take(token)
        return real(prompts, guides)

    agent._decoder.admit = admit
    (said,) = _speak(agent, ["look!"])
    assert [call.name for call in said.calls] == (["look"] if held else [])
