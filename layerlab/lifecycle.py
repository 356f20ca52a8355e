"""How a process ends: the first signal closes, the second kills; a child goes with its parent."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any, BinaryIO, Final

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
# Container objects made before the youngest are looked at; Python's own 700 is for small programs.
_YOUNG_OBJECTS: Final = 20_000


def collect_garbage_seldom() -> None:
    """For a service that keeps much, and leaves few cycles behind. Called once it is loaded.

    Looking for garbage in a growing record took a third of the gateway's time.
    """
    gc.collect()
    # What is loaded by now stays to the end: no need to look at it again.
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS)


def tell_parent(stream: BinaryIO, message: bytes) -> None:
    """Writes it whole. Ends this process, quietly, where nobody reads any more."""
    try:
        stream.write(message)
        stream.flush()
    except BrokenPipeError:
        # The parent is gone, which the end of this process's input may say a moment later.
        os._exit(0)


async def wait_for_signal() -> signal.Signals:
    """Returns at the first SIGINT or SIGTERM; a second one ends the process at once."""
    loop = asyncio.get_running_loop()
    received: asyncio.Future[signal.Signals] = loop.create_future()

    def receive(number: signal.Signals) -> None:
        if received.done():
            # An operator who signals twice will not wait. 128 + n is the shell's convention.
            os._exit(128 + number)
        received.set_result(number)

    for number in SIGNALS:
        loop.add_signal_handler(number, receive, number)
    # The handlers stay: the second signal comes while closing.
    return await received


async def run_until_signal(
    *works: Coroutine[Any, Any, None], on_signal: Callable[[], None] = lambda: None
) -> None:
    """Runs the works side by side; a signal cancels them, and so does the first to fail.

    `on_signal` is called before the works are cancelled.

    :raises ExceptionGroup: when a work failed.
    """
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(work) for work in works]
        await wait_for_signal()
        on_signal()
        for task in running:
            task.cancel()


@asynccontextmanager
async def background(work: Coroutine[Any, Any, None]) -> AsyncIterator[asyncio.Task[None]]:
    """Runs `work` while the context is open; cancels it and waits for it on exit.

    A failure of the work surfaces on exit.
    """
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
