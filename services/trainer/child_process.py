"""The training child as its parent sees it: started early, watched, replaced when it fails."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

import structlog

from layerlab.domain.trial import FailureReason
from services.trainer.executor import JobFailed
from services.trainer.frames import BrokenFrame, encode_frame, receive_frame
from services.trainer.messages import (
    Beat,
    CancelJob,
    Command,
    Done,
    Failed,
    Message,
    Progress,
    Ready,
    Scored,
    ScoreJob,
    StopLanes,
    TrainJob,
    message_from_frame,
    to_frame,
)
from services.trainer.settings import TrainerSettings

log = structlog.get_logger()

_START_SECONDS: Final = 120.0
_CANCEL_SECONDS: Final = 5.0
_DYING_SECONDS: Final = 1.0
_BUFFER_BYTES: Final = 1 << 20
# OpenMP reads this when it is loaded. By default its threads spin for milliseconds while they wait
# for each other, which on cores that others use too makes training ten times slower; asleep at
# once, they take longer to wake than a small product takes. A few dozen microseconds of spinning
# do neither harm. Measured on two cores, 32 lanes of 64-64, ms per lane and epoch: idle, default
# 7.5, asleep at once 32, this 8.1; beside two busy processes, default 170 and more, this 16.
_ENVIRONMENT: Final = {"GOMP_SPINCOUNT": "10000"}


class TrainingChild:
    """A JobExecutor: one child at a time. One that died, hung or failed is replaced."""

    def __init__(self, settings: TrainerSettings) -> None:
        self._settings = settings
        self._process: Process | None = None
        self._ooms = 0
        self._starting: asyncio.Task[Ready] | None = None
        self._retirement: asyncio.TimerHandle | None = None
        self._retiring: asyncio.Task[None] | None = None
        self.device: str = settings.device

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def train(self, job: TrainJob) -> AsyncGenerator[Progress, None]:
        """What happens, until all lanes have ended. Closing it early cancels the job.

        :raises JobFailed: with the reason to give to the ledger.
        """
        async with aclosing(self._run(job)) as messages:
            async for message in messages:
                if isinstance(message, Progress):
                    yield message

    async def score(self, job: ScoreJob) -> float:
        """:raises JobFailed: with the reason to give to the ledger."""
        async with aclosing(self._run(job)) as messages:
            async for message in messages:
                if isinstance(message, Scored):
                    return message.score
        raise JobFailed(FailureReason.INTERNAL, "The training process has given no score.")

    async def stop_lanes(self, numbers: tuple[int, ...]) -> None:
        """Of the running job, after the epoch that they are in."""
        if self._process:
            with suppress(ConnectionError):
                await self._send(self._process, StopLanes(numbers))

    def prewarm(self) -> None:
        """Starts a child, without waiting, if there is none."""
        if self._starting is None:
            self._starting = asyncio.create_task(self._start())

    async def close(self) -> None:
        self._stay()
        if self._retiring:
            await self._retiring
        if self._starting:
            self._starting.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await self._starting
        self._starting = None
        await self._kill()

    async def _run(self, job: TrainJob | ScoreJob) -> AsyncGenerator[Message, None]:
        """The job's messages, the last one included."""
        self._stay()
        asked = time.monotonic()
        process = await self._ready_process()
        ended = False
        try:
            # A child that had to start first has eaten of the job's time.
            await self._send(process, _later(job, time.monotonic() - asked))
            while not ended:
                message = await self._receive(process, self._settings.hang_seconds)
                if isinstance(message, Failed):
                    raise JobFailed(message.reason, message.detail)
                ended = isinstance(message, (Done, Scored))
                yield message
        except ConnectionError as error:
            raise await self._post_mortem(process) from error
        except JobFailed:
            # Also after a failure that it has survived: who knows what it holds.
            await self._replace()
            raise
        finally:
            if not ended and self._process is process:
                await self._cancel_job(process)
            self._retire_later()

    def _stay(self) -> None:
        if self._retirement:
            self._retirement.cancel()

    def _retire_later(self) -> None:
        """One that is not kept warm gives its memory back when no job comes."""
        if not self._settings.warm:
            loop = asyncio.get_running_loop()
            self._retirement = loop.call_later(self._settings.idle_seconds, self._retire)

    def _retire(self) -> None:
        # At once, so that a job that comes now starts a new child and doesn't meet a dying one.
        self._starting, process, self._process = None, self._process, None
        if process:
            self._retiring = asyncio.create_task(_end(process))

    async def _ready_process(self) -> Process:
        """:raises JobFailed: when none can be started."""
        if self._process and self._process.returncode is not None:
            await self._replace()
        self.prewarm()
        assert self._starting
        try:
            ready = await asyncio.shield(self._starting)
        except JobFailed:
            self._starting = None
            raise
        assert self._process
        self.device = ready.device
        return self._process

    async def _start(self) -> Ready:
        self._ooms = _oom_kills()
        settings = self._settings
        self._process = process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.trainer.child"),
            *("--device", settings.device, "--threads", str(settings.thread_count)),
            *("--memory-bytes", str(settings.memory_bytes)),
            stdin=PIPE,
            stdout=PIPE,
            limit=_BUFFER_BYTES,
            env={**_ENVIRONMENT, **os.environ},
        )
        message = await self._receive(process, _START_SECONDS)
        if not isinstance(message, Ready):
            raise JobFailed(FailureReason.INTERNAL, "The training process is not one.")
        log.info("training process ready", child_pid=process.pid, device=message.device)
        return message

    async def _send(self, process: Process, command: Command) -> None:
        assert process.stdin
        process.stdin.write(encode_frame(to_frame(command)))
        await process.stdin.drain()

    async def _receive(self, process: Process, seconds: float) -> Message:
        """:raises JobFailed: nothing came for `seconds`, or the child has died."""
        assert process.stdout
        try:
            async with asyncio.timeout(seconds):
                frame = await receive_frame(process.stdout)
        except TimeoutError:
            detail = f"The training process has shown no progress for {seconds:g} s."
            raise JobFailed(FailureReason.TRIAL_TIMEOUT, detail) from None
        except BrokenFrame:
            frame = None
        if frame is None:
            raise await self._post_mortem(process)
        return message_from_frame(frame)

    async def _post_mortem(self, process: Process) -> JobFailed:
        """Why a child whose pipe has ended is no more."""
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), _DYING_SECONDS)
        # It may have closed its pipe and live on.
        code = await _kill(process)
        if code == -signal.SIGKILL and _oom_kills() > self._ooms:
            detail = "The system has killed the training process, for it was out of memory."
            return JobFailed(FailureReason.OUT_OF_MEMORY, detail)
        if code == -signal.SIGKILL:
            return JobFailed(FailureReason.WORKER_LOST, "The training process was killed.")
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return JobFailed(FailureReason.INTERNAL, f"The training process has died: {how}.")

    async def _cancel_job(self, process: Process) -> None:
        """Ends a job that nobody wants any more, and keeps the child if it obeys."""
        try:
            async with asyncio.timeout(_CANCEL_SECONDS):
                await self._send(process, CancelJob())
                while isinstance(await self._receive(process, _CANCEL_SECONDS), (Beat, Progress)):
                    pass
        except (TimeoutError, JobFailed, ConnectionError):
            await self._replace()

    async def _replace(self) -> None:
        await self._kill()
        self._starting = None
        self.prewarm()

    async def _kill(self) -> None:
        process, self._process = self._process, None
        if process:
            await _end(process)


async def _end(process: Process) -> None:
    await _kill(process)
    # Closes the pipe's transport now, not whenever the garbage is collected.
    process._transport.close()  # type: ignore[attr-defined]  # asyncio offers no other way.


async def _kill(process: Process) -> int:
    """Makes sure that it is dead; its exit code."""
    if process.returncode is None:
        # Not process.kill(): that polls first, and would take the exit code from asyncio.
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
    return await process.wait()


def _later(job: TrainJob | ScoreJob, seconds: float) -> TrainJob | ScoreJob:
    """The same job, `seconds` after it was put together."""
    if isinstance(job, ScoreJob) or job.seconds_left is None:
        return job
    return replace(job, seconds_left=job.seconds_left - seconds)


def _oom_kills() -> int:
    """How many processes this machine's kernel has killed for want of memory; 0 if unknown."""
    with suppress(OSError, ValueError):
        for line in Path("/proc/vmstat").read_text().splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    return 0


@asynccontextmanager
async def training_child(settings: TrainerSettings) -> AsyncIterator[TrainingChild]:
    """A child that warms up in the background, if it is kept warm; killed on exit."""
    child = TrainingChild(settings)
    if settings.warm:
        child.prewarm()
    try:
        yield child
    finally:
        await child.close()
