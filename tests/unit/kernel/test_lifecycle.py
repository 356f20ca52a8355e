"""How a process ends."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys

import pytest

from layerlab.lifecycle import background, run_until_signal

STUBBORN = """
import asyncio
from layerlab.lifecycle import run_until_signal

async def work() -> None:
    print("ready", flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        print("closing", flush=True)
        await asyncio.sleep(60)

asyncio.run(run_until_signal(work()))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_the_first_signal_lets_every_work_close(number: signal.Signals) -> None:
    closed: list[str] = []
    started = asyncio.Event()

    async def work(name: str) -> None:
        try:
            started.set()
            await asyncio.Event().wait()
        finally:
            closed.append(name)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(run_until_signal(work("one"), work("two")))
        await started.wait()
        await asyncio.sleep(0)
        os.kill(os.getpid(), number)
    assert sorted(closed) == ["one", "two"]


async def test_a_work_that_fails_ends_the_others_and_is_heard_of() -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ExceptionGroup) as caught:
        await run_until_signal(fail(), asyncio.sleep(60))
    assert caught.group_contains(ZeroDivisionError)


def test_the_second_signal_kills_one_that_closes_too_slowly() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "closing\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) == 128 + signal.SIGINT


async def test_background_work_is_over_when_its_context_is_left() -> None:
    states: list[str] = []

    async def work() -> None:
        try:
            states.append("running")
            await asyncio.Event().wait()
        finally:
            states.append("over")

    async with background(work()):
        await asyncio.sleep(0)
        assert states == ["running"]
    assert states == ["running", "over"]


async def test_background_work_that_failed_is_heard_of() -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        async with background(fail()):
            await asyncio.sleep(0.01)
