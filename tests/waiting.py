"""Waiting for what nobody announces, by asking again and again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

# Generous: the machine may be loaded, and what is waited for is expected to come.
LIMIT_SECONDS: Final = 100.0
_POLL_SECONDS: Final = 0.02


def wait_until(holds: Callable[[], bool]) -> None:
    """:raises AssertionError: when it does not hold in time."""
    deadline = time.monotonic() + LIMIT_SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"waited in vain for {holds}"
        time.sleep(_POLL_SECONDS)


async def until(holds: Callable[[], bool]) -> None:
    """:raises TimeoutError: when it does not hold in time."""

    async def check() -> bool:
        return holds()

    await until_true(check)


async def until_true(check: Callable[[], Awaitable[bool]]) -> None:
    """`until`, of what must be awaited to be known."""
    async with asyncio.timeout(LIMIT_SECONDS):
        while not await check():  # noqa: ASYNC110  # It happens in another process.
            await asyncio.sleep(_POLL_SECONDS)
