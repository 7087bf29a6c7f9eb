"""Nobody goes on before everybody waits."""

import asyncio

from train.benchmarks.agentdojo.assembly import Assembly


def test_all_go_on_together_in_the_order_in_which_they_came():
    async def run() -> list[int]:
        assembly, gone = Assembly(), []
        seats = [assembly.enter() for _ in range(3)]

        async def go(seat: int, delay: float) -> None:
            await asyncio.sleep(delay)
            await assembly.wait(seat)
            gone.append(seat)

        *others, last = [go(s, d) for s, d in zip(seats, (0.01, 0, 0.03), strict=True)]
        tasks = [asyncio.create_task(one) for one in others]
        await asyncio.sleep(0.02)
        assert gone == []  # the last one does not wait yet
        await asyncio.gather(*tasks, last)
        return [seats.index(seat) for seat in gone]

    assert asyncio.run(run()) == [0, 1, 2]


def test_whoever_leaves_is_waited_for_no_longer():
    async def run() -> None:
        assembly = Assembly()
        stays, leaves = assembly.enter(), assembly.enter()
        waiting = asyncio.create_task(assembly.wait(stays))
        await asyncio.sleep(0)
        assert not waiting.done()
        assembly.leave(leaves)
        await asyncio.wait_for(waiting, 1)

    asyncio.run(run())


def test_one_that_was_cancelled_holds_nobody_up():
    async def run() -> None:
        assembly = Assembly()
        seats = [assembly.enter() for _ in range(3)]
        waits = [asyncio.create_task(assembly.wait(seat)) for seat in seats[:2]]
        await asyncio.sleep(0)
        waits[0].cancel()
        await asyncio.gather(waits[0], return_exceptions=True)
        assembly.leave(seats[0])
        assert not waits[1].done()
        assembly.leave(seats[2])
        await asyncio.wait_for(waits[1], 1)

    asyncio.run(run())
