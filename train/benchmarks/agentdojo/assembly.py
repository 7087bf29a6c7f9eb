"""Who waits for whom: questions are held until everybody who plays has one.

Threads reach their questions at different times, and an agent that answers together what waits
together would get them one by one, in an order that is another one each time.
"""

import asyncio
from itertools import count


class Assembly:
    """Those who play at a time. They are let go together, in the order in which they came."""

    def __init__(self) -> None:
        self._seats: dict[int, asyncio.Future[None] | None] = {}
        self._numbers = count()

    def enter(self) -> int:
        """Take a seat: from now on nobody goes on before this one waits, or leaves."""
        seat = next(self._numbers)
        self._seats[seat] = None
        return seat

    async def wait(self, seat: int) -> None:
        """Wait until everybody does."""
        loop = asyncio.get_running_loop()
        turn = loop.create_future()
        self._seats[seat] = turn
        loop.call_soon(self._let_go)  # when this one waits too: it would be the first to go on
        await turn

    def leave(self, seat: int) -> None:
        """Give the seat back."""
        del self._seats[seat]
        self._let_go()

    def _let_go(self) -> None:
        waiting = [(seat, turn) for seat, turn in self._seats.items() if turn is not None]
        if len(waiting) < len(self._seats):
            return
        for seat, turn in waiting:
            self._seats[seat] = None
            if not turn.done():
                turn.set_result(None)
