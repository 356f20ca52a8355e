from __future__ import annotations

import asyncio

import pytest

from services.scheduler.clock import Backoff, LoopClock, wait_for_event, within
from tests.unit.scheduler.clocks import TurnedClock


async def let_run() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_work_that_is_in_time_gives_its_result() -> None:
    async def work() -> int:
        return 7

    clock = TurnedClock()
    assert await within(clock, clock.now() + 1, work()) == 7


async def test_work_that_fails_in_time_raises_its_error() -> None:
    async def work() -> None:
        raise KeyError("mine")

    clock = TurnedClock()
    with pytest.raises(KeyError, match="mine"):
        await within(clock, clock.now() + 1, work())


async def test_work_that_hangs_is_cancelled_in_time() -> None:
    cancelled = asyncio.Event()

    async def hang() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    clock = TurnedClock()
    waiting = asyncio.create_task(within(clock, clock.now() + 5, hang()))
    await let_run()
    clock.turn(4.9)
    await let_run()
    assert not waiting.done()
    clock.turn(0.2)
    with pytest.raises(TimeoutError):
        await waiting
    assert cancelled.is_set()


async def test_whoever_is_cancelled_cancels_the_work() -> None:
    cancelled = asyncio.Event()

    async def hang() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    clock = TurnedClock()
    waiting = asyncio.create_task(within(clock, clock.now() + 5, hang()))
    await let_run()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert cancelled.is_set()


async def test_an_event_ends_the_wait_for_it() -> None:
    clock, event = TurnedClock(), asyncio.Event()
    timed = asyncio.create_task(wait_for_event(clock, event, clock.now() + 5))
    untimed = asyncio.create_task(wait_for_event(clock, event, None))
    await let_run()
    assert not timed.done()
    event.set()
    await asyncio.gather(timed, untimed)


async def test_a_wait_ends_in_time_without_its_event() -> None:
    clock = TurnedClock()
    waiting = asyncio.create_task(wait_for_event(clock, asyncio.Event(), clock.now() + 5))
    await let_run()
    clock.turn(5)
    await waiting


async def test_the_loops_clock_does_not_wait_for_what_has_passed() -> None:
    clock = LoopClock()
    await clock.sleep_until(clock.now() - 1)
    assert clock.now() >= 0


def test_each_failure_waits_longer_up_to_a_limit() -> None:
    backoff = Backoff()
    first, *_, last = [backoff.next() for _ in range(20)]
    assert 0.05 <= first <= 0.1
    assert 2.5 <= last <= 5.0
    backoff.reset()
    assert backoff.next() <= 0.1
