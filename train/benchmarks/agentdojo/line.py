"""A line between code that blocks, in a thread of its own, and an agent on the event loop.

Upstream's pipeline is called and returns; an agent is awaited. The agent is asked by whoever awaits
the thread, so that it is cancelled, listened to and fails where any other agent does.
"""

import asyncio
import queue
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from train.agents.loop import Agent, Talk
from train.agents.turn import Said
from train.benchmarks.agentdojo.assembly import Assembly

T = TypeVar("T")
NextTurn = Callable[[Talk], Said]
"""The agent's next turn; blocks until there is one."""


class HungUp(BaseException):
    """Nobody listens any more; the thread shall end. No handler of upstream's may stop it."""


class Line(Generic[T]):
    """One thread and its questions; made and answered on the event loop.

    Args:
        run: what the thread does; whatever it raises comes out of `result`.
    """

    def __init__(self, run: Callable[[NextTurn], T]) -> None:
        self._run = run
        self._loop = asyncio.get_running_loop()
        self._asked: asyncio.Queue[Talk | None] = asyncio.Queue()
        self._answers: queue.SimpleQueue[Said | None] = queue.SimpleQueue()
        self._found: list[T] = []
        self._raised: BaseException | None = None

    def start(self) -> None:
        """Start the thread; the process does not wait for it when it ends."""
        threading.Thread(target=self._work, daemon=True).start()

    async def listen(self) -> Talk | None:
        """The next question; none when the thread has ended."""
        return await self._asked.get()

    def answer(self, said: Said) -> None:
        """Answer the question."""
        self._answers.put(said)

    def hang_up(self) -> None:
        """Answer nothing any more: a thread that asks ends."""
        self._answers.put(None)

    def result(self) -> T:
        """What the thread came to, when it has ended."""
        if self._raised is not None:
            raise self._raised
        return self._found[0]

    def _work(self) -> None:
        try:
            self._found.append(self._run(self._ask))
        except BaseException as error:  # also what is no Exception: it belongs to who listens
            self._raised = error
        try:
            self._tell(None)
        except HungUp:
            pass

    def _ask(self, talk: Talk) -> Said:
        self._tell(talk)
        said = self._answers.get()
        if said is None:
            self._answers.put(None)  # for code that asks again
            raise HungUp
        return said

    def _tell(self, talk: Talk | None) -> None:
        try:
            self._loop.call_soon_threadsafe(self._asked.put_nowait, talk)
        except RuntimeError as error:  # the loop is closed
            raise HungUp from error


async def call_in_thread(run: Callable[[NextTurn], T], agent: Agent, assembly: Assembly) -> T:
    """What `run` returns, in a thread of its own, with an agent to ask.

    An agent that answers together what waits together is asked when everybody waits.

    Raises:
        EndpointFailed: the agent had no turn; the thread is told to end.
    """
    line = Line(run)
    seat = assembly.enter() if agent.together else None
    try:
        line.start()
        while (talk := await line.listen()) is not None:
            if seat is not None:
                await assembly.wait(seat)
            line.answer(await agent.speak(talk))
        return line.result()
    finally:
        line.hang_up()
        if seat is not None:
            assembly.leave(seat)
