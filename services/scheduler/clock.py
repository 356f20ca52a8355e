"""Time as the scheduler sees it, so that a test can let hours pass."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine
from typing import Any, Final, Protocol, TypeVar

T = TypeVar("T")

_FIRST_DELAY: Final = 0.1
_LONGEST_DELAY: Final = 5.0


class Clock(Protocol):
    def now(self) -> float:
        """Seconds since some moment; never runs backwards."""

    async def sleep_until(self, when: float) -> None:
        """Returns at once when `when` has passed."""


class LoopClock:
    """The event loop's own clock."""

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep_until(self, when: float) -> None:
        await asyncio.sleep(when - self.now())


async def wait_for_event(clock: Clock, event: asyncio.Event, until: float | None) -> None:
    """Returns when `event` is set, or at `until`, whatever comes first."""
    if until is None:
        await event.wait()
        return
    await _race(asyncio.ensure_future(event.wait()), clock, until)


async def within(clock: Clock, until: float, work: Coroutine[Any, Any, T]) -> T:
    """What `work` returns; at `until` it is cancelled.

    :raises TimeoutError: when it has not ended by itself.
    """
    task = asyncio.ensure_future(work)
    await _race(task, clock, until)
    if task.cancelled():
        raise TimeoutError
    return task.result()


async def _race(task: asyncio.Future[Any], clock: Clock, until: float) -> None:
    """Returns when `task` has ended, by itself or cancelled at `until`."""
    alarm = asyncio.ensure_future(clock.sleep_until(until))
    try:
        await asyncio.wait((task, alarm), return_when=asyncio.FIRST_COMPLETED)
    finally:
        alarm.cancel()
        task.cancel()
        await asyncio.wait((task, alarm))


class Backoff:
    """How long to wait before trying again: longer each time, and not all at once."""

    def __init__(self) -> None:
        self._delay = _FIRST_DELAY

    def reset(self) -> None:
        self._delay = _FIRST_DELAY

    def next(self) -> float:
        """Seconds; jitter keeps what failed together from coming back together."""
        delay = self._delay * random.uniform(0.5, 1.0)
        self._delay = min(2 * self._delay, _LONGEST_DELAY)
        return delay
