"""Requests of many askers sent as batches: when everyone waits, all that they wait for goes out.

Who asks again because a reply was no use, or asks a judge next, is in the following batch. What a
batch leaves unanswered is then asked for directly.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from gen.engine.batch import Batches, OnStatus
from gen.engine.endpoint import ChatClient
from gen.engine.replies import Request
from tool_catalog.errors import EndpointFailed, EndpointRefused

_Waiting = tuple[ChatClient, Request, asyncio.Future[None]]


class Bundle:
    """Askers that go on together.

    Args:
        clients: whose requests wait for batches from now on; they need a file of replies.
        askers: how many there are. Each has one request under way at a time, and leaves at the end.
        on_status: told each time a batch is looked at.
        wait: lets so many seconds pass.
    """

    def __init__(
        self,
        clients: Sequence[ChatClient],
        askers: int,
        *,
        on_status: OnStatus = lambda status, done, rows: None,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._askers = askers
        self._waiting: list[_Waiting] = []
        self._trip: asyncio.Task[None] | None = None
        self._batches = {
            client: Batches(client, on_status=on_status, wait=wait) for client in clients
        }
        for client in clients:
            client.detour = self._bring

    def leave(self) -> None:
        """One asker is done."""
        self._askers -= 1
        self._check()

    async def _bring(self, client: ChatClient, request: Request) -> None:
        """Return when the batch that has a request is over."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((client, request, turn))
        self._check()
        await turn

    def _check(self) -> None:
        if self._waiting and len(self._waiting) == self._askers:
            waiting, self._waiting = self._waiting, []
            self._trip = asyncio.create_task(self._send(waiting))

    async def _send(self, waiting: Sequence[_Waiting]) -> None:
        error = await self._run(waiting)
        for _, _, turn in waiting:
            if turn.done():  # cancelled: the run has stopped
                continue
            if error is None:
                turn.set_result(None)
            else:
                turn.set_exception(error)

    async def _run(self, waiting: Sequence[_Waiting]) -> BaseException | None:
        """What went wrong; every asker hears of it, or they would wait for ever."""
        trips = [
            batches.run([request for other, request, _ in waiting if other is client])
            for client, batches in self._batches.items()
        ]
        ends = await asyncio.gather(*trips, return_exceptions=True)
        error = next((end for end in ends if isinstance(end, BaseException)), None)
        if isinstance(error, EndpointFailed) and not isinstance(error, EndpointRefused):
            return EndpointRefused(str(error))
        return error
