"""How many requests may be under way, and how many may be sent in a minute.

Under way: more while a server keeps up, half when it does not; then quickly back to a little less
than was too much, and on from there, slowly at first. A server that refuses one request in twenty
is no slower for it, so what counts as congestion is a share of the latest answers, not one of them.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

FIRST = 8
"""Requests under way to begin with, at a server of which nothing is known."""
_LOOK_BACK = 16
"""Answers looked at, at least; as many as are under way when those are more."""
_CONGESTED = 0.25
"""Share of them that must have been refused."""
_CHANCE = 2
"""So many more, since a few may come together by chance."""
_SAFE = 0.85
"""Share of what was too much that is thought not to be."""
_FASTER = 0.05
"""By how much more the limit grows in each round."""
_LOOK_AGAIN = 0.25


class Throttle:
    """A limit on requests under way that follows what the server can take.

    Args:
        ceiling: the limit never passes it.
        first: the limit to begin with.
    """

    def __init__(self, ceiling: int, *, first: int = FIRST) -> None:
        self._ceiling = float(ceiling)
        self.limit = min(float(first), self._ceiling)
        """Requests that may be under way now."""
        self._quick = self._ceiling
        """Up to here the limit doubles each round; above, it grows by more each round."""
        self._calm = 0.0
        """Rounds since it was halved."""
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
        self._calm += 1.0 / self.limit
        step = 1.0 if self.limit < self._quick else self._calm * _FASTER / self.limit
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
        self._quick = self.limit * _SAFE
        self._calm = 0.0
        self.limit = max(1.0, self.limit / 2)
        self._latest.clear()  # one burst of refusals halves once

    def _note(self, *, refused: bool) -> None:
        self._latest.append(refused)
        while len(self._latest) > max(_LOOK_BACK, int(self.limit)):
            self._latest.popleft()

    def _is_congested(self) -> bool:
        enough = min(_LOOK_BACK, int(self.limit))
        count = len(self._latest)
        return count >= enough and sum(self._latest) > _CONGESTED * count + _CHANCE

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


class Pace:
    """At most so many requests and tokens a minute, evenly spread; first come, first served.

    Args:
        requests: most in a minute; None: any number.
        tokens: most in a minute; None: any number.
    """

    def __init__(self, requests: float | None = None, tokens: float | None = None) -> None:
        self._request_gap = 60.0 / requests if requests else 0.0
        self._token_gap = 60.0 / tokens if tokens else 0.0
        self._request_at = self._token_at = 0.0
        self._turn = asyncio.Lock()

    async def wait(self, tokens: int) -> None:
        """Return when a request that may take so many tokens may be sent."""
        if not self._request_gap and not self._token_gap:
            return
        loop = asyncio.get_running_loop()
        async with self._turn:
            # Looked at again and again: a reply that was short brings the next request forward.
            while (left := max(self._request_at, self._token_at) - loop.time()) > 0:
                await asyncio.sleep(min(left, _LOOK_AGAIN))
            self._request_at = loop.time() + self._request_gap
            self._token_at = loop.time() + self._token_gap * tokens

    def give_back(self, tokens: int) -> None:
        """So many tokens were waited for and not used."""
        self._token_at -= self._token_gap * tokens
