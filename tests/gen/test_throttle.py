"""The limit on requests follows what a server takes; nobody is forgotten in the queue."""

import asyncio

import pytest

from gen.throttle import Throttle


def test_the_limit_rises_to_the_ceiling_and_not_beyond():
    throttle = Throttle(16)
    for _ in range(100):
        throttle.succeed()
    assert throttle.limit == 16


def test_a_burst_of_refusals_halves_once():
    throttle = Throttle(32)
    for _ in range(100):
        throttle.succeed()
    for _ in range(12):
        throttle.refuse()
    assert throttle.limit == 16


def test_one_refusal_in_twenty_changes_nothing():
    throttle = Throttle(16)
    for number in range(400):
        throttle.refuse() if number % 20 == 19 else throttle.succeed()
    assert throttle.limit == 16


def test_after_congestion_it_rises_one_a_round():
    throttle = Throttle(32)
    for _ in range(100):
        throttle.succeed()
    for _ in range(12):
        throttle.refuse()
    before = throttle.limit
    for _ in range(int(before)):
        throttle.succeed()
    assert before + 0.5 < throttle.limit < before + 1.5


def test_refusals_never_stop_everything():
    throttle = Throttle(4)
    for _ in range(500):
        throttle.refuse()
    assert throttle.limit == 1


def test_a_fixed_limit_stays():
    throttle = Throttle(5, adaptive=False)
    for _ in range(50):
        throttle.refuse()
    assert throttle.limit == 5


def test_no_more_than_the_limit_are_under_way_and_all_get_their_turn():
    async def run() -> tuple[int, int]:
        throttle, active, most, done = Throttle(5, adaptive=False), 0, 0, 0

        async def work() -> None:
            nonlocal active, most, done
            async with throttle.slot():
                active += 1
                most = max(most, active)
                await asyncio.sleep(0)
                active -= 1
                done += 1

        await asyncio.gather(*(work() for _ in range(100)))
        return most, done

    assert asyncio.run(run()) == (5, 100)


def test_a_cancelled_wait_gives_its_place_on():
    async def run() -> bool:
        throttle = Throttle(1, adaptive=False)
        entered = asyncio.Event()
        leave = asyncio.Event()

        async def hold() -> None:
            async with throttle.slot():
                entered.set()
                await leave.wait()

        async def want() -> bool:
            async with throttle.slot():
                return True

        holding = asyncio.create_task(hold())
        await entered.wait()
        given_up, patient = asyncio.create_task(want()), asyncio.create_task(want())
        await asyncio.sleep(0)
        given_up.cancel()
        leave.set()
        await holding
        return await asyncio.wait_for(patient, 1)

    assert asyncio.run(run())


@pytest.mark.parametrize(("refusals", "waits"), [(1, False), (16, True)])
def test_a_congested_server_is_left_alone_as_long_as_it_asks(refusals: int, waits: bool):
    async def run() -> float:
        throttle = Throttle(16)
        for _ in range(16 - refusals):
            throttle.succeed()
        for _ in range(refusals):
            throttle.refuse(0.05)
        start = asyncio.get_running_loop().time()
        async with throttle.slot():
            return asyncio.get_running_loop().time() - start

    assert (asyncio.run(run()) >= 0.05) is waits
