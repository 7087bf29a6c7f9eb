"""Code in a thread asks an agent on the event loop, and ends when nobody answers."""

import asyncio
import threading
import time

import pytest

from tool_catalog.errors import ContextFull, EndpointFailed, EndpointRefused
from train.agents.loop import Talk
from train.agents.turn import Said
from train.benchmarks.agentdojo.assembly import Assembly
from train.benchmarks.agentdojo.line import HungUp, call_in_thread


class Echo:
    """Says how many messages it heard; fails when told to."""

    name = "echo"

    def __init__(self, *, together=False, error=None):
        self.together, self.error = together, error
        self.batches: list[list[str]] = []

    async def speak(self, talk):
        if self.error is not None:
            raise self.error
        batch = self.batches[-1] if self.batches else None
        if batch is None or self._closed:
            batch = []
            self.batches.append(batch)
            self._closed = False
            asyncio.get_running_loop().call_soon(self._close)
        batch.append(str(talk.messages[0]["content"]))
        return Said(f"{len(talk.messages)} heard")

    _closed = True

    def _close(self):
        self._closed = True


def _say(name, times=1, delay=0.0):
    def run(ask):
        texts = []
        for _ in range(times):
            time.sleep(delay)
            texts.append(ask(Talk([{"role": "user", "content": name}])).text)
        return texts

    return run


def test_answers_come_back_into_the_thread_and_its_result_out_of_it():
    found = asyncio.run(call_in_thread(_say("a", times=3), Echo(), Assembly()))
    assert found == ["1 heard"] * 3


@pytest.mark.parametrize("error", [EndpointFailed("x"), ContextFull("x"), EndpointRefused("x")])
def test_what_the_agent_raises_comes_out_as_it_is_and_the_thread_ends(error):
    ended = threading.Event()

    def run(ask):
        try:
            ask(Talk([]))
        except Exception:
            pytest.fail("a handler of exceptions must not take it")
        except HungUp:
            ended.set()
            raise

    with pytest.raises(type(error)) as caught:
        asyncio.run(call_in_thread(run, Echo(error=error), Assembly()))
    assert caught.value is error
    assert ended.wait(1)


def test_what_the_thread_raises_comes_out():
    def run(ask):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        asyncio.run(call_in_thread(run, Echo(), Assembly()))


def test_a_cancelled_call_ends_a_thread_that_asks_again_and_again():
    asked, ended = threading.Event(), threading.Event()

    class Slow(Echo):
        async def speak(self, talk):
            asked.set()
            await asyncio.sleep(60)

    def run(ask):
        for _ in range(3):
            try:
                ask(Talk([]))
            except BaseException as error:
                assert isinstance(error, HungUp)
        ended.set()

    async def play():
        task = asyncio.create_task(call_in_thread(run, Slow(), Assembly()))
        await asyncio.to_thread(asked.wait, 1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    start = time.monotonic()
    asyncio.run(play())
    assert ended.wait(1)
    assert time.monotonic() - start < 5


def test_an_agent_that_answers_together_is_asked_by_all_who_play_in_their_order():
    agent = Echo(together=True)

    async def play():
        assembly = Assembly()
        runs = [_say("a", 2, 0.03), _say("b", 3), _say("c", 2, 0.01)]
        return await asyncio.gather(*(call_in_thread(run, agent, assembly) for run in runs))

    assert [*map(len, asyncio.run(play()))] == [2, 3, 2]
    assert agent.batches == [["a", "b", "c"], ["a", "b", "c"], ["b"]]


def test_any_other_agent_waits_for_nobody():
    agent = Echo()

    async def play():
        assembly = Assembly()
        runs = [_say("slow", 1, 0.2), _say("quick", 2)]
        return await asyncio.gather(*(call_in_thread(run, agent, assembly) for run in runs))

    asyncio.run(play())
    assert [name for batch in agent.batches for name in batch] == ["quick", "quick", "slow"]
