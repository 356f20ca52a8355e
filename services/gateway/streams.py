"""Async iterators that end when their reader does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext, suppress
from typing import TypeVar

T = TypeVar("T")


def closing_stream(stream: AsyncIterator[T]) -> AbstractAsyncContextManager[AsyncIterator[T]]:
    """Ends a generator with its reader, rather than whenever its memory is collected."""
    return aclosing(stream) if isinstance(stream, AsyncGenerator) else nullcontext(stream)


async def wait_for_end(events: AsyncIterator[T], seconds: float) -> None:
    """Returns when there are no more, or after so many seconds."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds), closing_stream(events) as each:
            async for _ in each:
                pass
