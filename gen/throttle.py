"""How many requests may be under way: more while a server keeps up, half when it does not.

Additive increase, multiplicative decrease, as in TCP. A server that refuses one request in twenty
is no slower for it, so what counts as congestion is a share of the latest answers, not one of them.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_FIRST = 8.0
_LOOK_BACK = 16
"""Answers looked at, at least; as many as are under way when those are more."""
_CONGESTED = 0.25
"""Share of them that must have been refused."""


class Throttle:
    """A limit on requests under way that follows what the server can take.

    Args:
        ceiling: the limit never passes it.
        adaptive: whether it moves at all; else it is the ceiling.
    """

    def __init__(self, ceiling: int, *, adaptive: bool = True) -> None:
        self._ceiling, self._adaptive = float(ceiling), adaptive
        self.limit = min(_FIRST, self._ceiling) if adaptive else self._ceiling
        """Requests that may be under way now."""
        self._rising = True
        """Not congested yet: the limit doubles, until it meets the ceiling or a refusal."""
        self._active = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._latest: deque[bool] = deque()
        self._open_at = 0.0

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Wait until one more request may be sent; it is under way inside."""
        await self._enter()
        try:
            await self._wait_open()
            yield
        finally:
            self._active -= 1
            self._wake()

    def succeed(self) -> None:
        """A request was answered."""
        self._note(refused=False)
        if self._adaptive:
            step = 1.0 if self._rising else 1.0 / self.limit
            self.limit = min(self._ceiling, self.limit + step)
        self._wake()

    def refuse(self, wait: float | None = None) -> None:
        """A request was refused for load, or ran out of time.

        Args:
            wait: seconds that the server asks to wait; when it is congested everybody does.
        """
        self._note(refused=True)
        if not self._is_congested():
            return
        if wait:
            loop = asyncio.get_running_loop()
            self._open_at = max(self._open_at, loop.time() + wait)
        if self._adaptive:
            self._rising = False
            self.limit = max(1.0, self.limit / 2)
            self._latest.clear()  # one burst of refusals halves once

    def _note(self, *, refused: bool) -> None:
        self._latest.append(refused)
        while len(self._latest) > max(_LOOK_BACK, int(self.limit)):
            self._latest.popleft()

    def _is_congested(self) -> bool:
        enough = min(_LOOK_BACK, int(self.limit))
        return len(self._latest) >= enough and sum(self._latest) > _CONGESTED * len(self._latest)

    async def _enter(self) -> None:
        if self._active < int(self.limit) and not self._waiting:
            self._active += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._active -= 1
                self._wake()
            raise

    def _wake(self) -> None:
        while self._waiting and self._active < int(self.limit):
            turn = self._waiting.popleft()
            if not turn.done():
                self._active += 1
                turn.set_result(None)

    async def _wait_open(self) -> None:
        loop = asyncio.get_running_loop()
        while (left := self._open_at - loop.time()) > 0:
            await asyncio.sleep(left)
