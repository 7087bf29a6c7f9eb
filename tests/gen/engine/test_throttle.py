"""The limit on requests follows what a server takes; nobody is forgotten in the queue."""

import asyncio
import itertools

import pytest

from gen.engine.throttle import Pace, Throttle


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


def test_after_congestion_it_is_soon_near_what_was_too_much_and_then_slow():
    throttle = Throttle(64)
    for _ in range(24):
        throttle.succeed()
    for _ in range(12):
        throttle.refuse()
    assert throttle.limit == 16
    limits = [throttle.limit]
    for _ in range(4):
        for _ in range(int(limits[-1])):
            throttle.succeed()
        limits.append(throttle.limit)
    assert 0.85 * 32 <= limits[1] <= 30
    assert limits[2] - limits[1] < 1
    assert limits[4] - limits[3] > limits[3] - limits[2] > 0


def test_refusals_never_stop_everything():
    throttle = Throttle(4)
    for _ in range(500):
        throttle.refuse()
    assert throttle.limit == 1


@pytest.mark.parametrize(("first", "limit"), [(1, 1), (20, 20), (99, 32)])
def test_it_begins_where_it_is_told_and_never_above_its_ceiling(first: int, limit: int):
    assert Throttle(32, first=first).limit == limit


def test_no_more_than_the_limit_are_under_way_and_all_get_their_turn():
    async def run() -> tuple[int, int]:
        throttle, active, most, done = Throttle(5), 0, 0, 0

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
        throttle = Throttle(1)
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


def _send(pace: Pace, sizes: list[int], used: int | None = None) -> list[float]:
    """When each of some requests was let through, in seconds from the first."""

    async def run() -> list[float]:
        loop = asyncio.get_running_loop()
        times = []
        for size in sizes:
            await pace.wait(size)
            times.append(loop.time())
            if used is not None:
                pace.give_back(size - used)
        return [time - times[0] for time in times]

    return asyncio.run(run())


def test_requests_are_spread_over_the_minute():
    times = _send(Pace(requests=3000), [1] * 6)
    assert times[-1] >= 5 * 60 / 3000
    assert all(later - sooner >= 0.015 for sooner, later in itertools.pairwise(times))


def test_tokens_are_spread_by_their_number():
    times = _send(Pace(tokens=60_000), [50, 20, 1])
    assert times[1] >= 0.05
    assert times[2] >= 0.07


def test_tokens_that_were_not_used_are_given_back():
    assert _send(Pace(tokens=6000), [1000] * 3, used=1)[-1] < 1
    assert _send(Pace(tokens=60_000), [1, 1], used=100)[-1] >= 0.09


def test_no_limit_never_waits():
    assert _send(Pace(), [10**9] * 100)[-1] < 0.1


def test_the_limits_hold_for_all_who_wait_at_a_time():
    async def run() -> float:
        pace = Pace(requests=6000)
        await asyncio.gather(*(pace.wait(1) for _ in range(11)))
        return asyncio.get_running_loop().time()

    async def timed() -> float:
        start = asyncio.get_running_loop().time()
        return await run() - start

    assert asyncio.run(timed()) >= 10 * 60 / 6000
