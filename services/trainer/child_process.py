"""The training child as its parent sees it: started early, watched, replaced when it fails."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import Final

import structlog

from layerlab.domain.trial import FailureReason
from services.trainer.conversation import Conversation
from services.trainer.executor import JobFailed
from services.trainer.messages import (
    Beat,
    Done,
    Evaluated,
    EvaluateJob,
    Failed,
    Job,
    Message,
    Progress,
    Ready,
    Scored,
    ScoreJob,
    TrainJob,
)
from services.trainer.settings import TrainerSettings

log = structlog.get_logger()

_CANCEL_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class _Sent:
    """A job's place in the conversation with one child."""

    child: Conversation
    place: int


@dataclass(frozen=True, slots=True)
class _Expected:
    """A job that was announced at a time of time.monotonic; None: no child has it yet."""

    job: TrainJob
    at: float
    sent: _Sent | None


class TrainingChild:
    """A JobExecutor: one child at a time. One that died, hung or failed is replaced.

    A job that is expected is sent ahead, so that the child need not wait between two jobs.
    """

    def __init__(self, settings: TrainerSettings) -> None:
        self._settings = settings
        self._child: Conversation | None = None
        self._running: _Sent | None = None
        self._expected: _Expected | None = None
        self._starting: asyncio.Task[Ready] | None = None
        self._retirement: asyncio.TimerHandle | None = None
        self._retiring: asyncio.Task[None] | None = None
        self.device: str = settings.device

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    @property
    def is_expecting(self) -> bool:
        return self._expected is not None

    async def train(self, job: TrainJob) -> AsyncGenerator[Progress, None]:
        """What happens, until all lanes have ended. Closing it early cancels the job.

        :raises JobFailed: with the reason to give to the ledger.
        """
        async with aclosing(self._run(job)) as messages:
            async for message in messages:
                if isinstance(message, Progress):
                    yield message

    async def expect(self, job: TrainJob) -> None:
        """Sends it ahead, if there is a child that is ready."""
        if self._expected:
            return  # Its turn comes first.
        sent, child, began = None, self._child, time.monotonic()
        if child and child.is_ready:
            with suppress(ConnectionError):
                sent = _Sent(child, await child.send(job))
        self._expected = _Expected(job, began, sent)

    async def dismiss(self, job: TrainJob) -> None:
        """One that was sent ahead ends as soon as it begins."""
        expected = self._expected
        if expected and expected.job is job:
            self._expected = None
            if expected.sent:
                with suppress(ConnectionError):
                    await expected.sent.child.cancel(expected.sent.place)

    async def score(self, job: ScoreJob) -> float:
        """:raises JobFailed: with the reason to give to the ledger."""
        async with aclosing(self._run(job)) as messages:
            async for message in messages:
                if isinstance(message, Scored):
                    return message.score
        raise JobFailed(FailureReason.INTERNAL, "The training process has given no score.")

    async def evaluate(self, job: EvaluateJob) -> Evaluated:
        """:raises JobFailed: with the reason to give to the ledger."""
        async with aclosing(self._run(job)) as messages:
            async for message in messages:
                if isinstance(message, Evaluated):
                    return message
        raise JobFailed(FailureReason.INTERNAL, "The training process has evaluated nothing.")

    async def stop_lanes(self, numbers: tuple[int, ...]) -> None:
        """Of the running job, after the epoch that they are in."""
        if self._running:
            with suppress(ConnectionError):
                await self._running.child.stop_lanes(self._running.place, numbers)

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
        await self._end_child()

    async def _run(self, job: Job) -> AsyncGenerator[Message, None]:
        """The job's messages, the last one included."""
        self._stay()
        expected = self._expected
        since = expected.at if expected and expected.job is job else time.monotonic()
        self._running = sent = await self._sent(job)
        ended = False
        try:
            while not ended:
                message = await sent.child.receive(sent.place, self._settings.hang_seconds)
                if isinstance(message, Failed):
                    raise JobFailed(message.reason, message.detail)
                ended = isinstance(message, (Done, Scored, Evaluated))
                yield message
        except JobFailed:
            # Also after a failure that it has survived: who knows what it holds.
            await self._replace()
            raise
        finally:
            self._running = None
            if not ended and self._child is sent.child:
                # What goes on beyond its time would not hear of being cancelled, either.
                await (self._replace() if _is_overdue(job, since) else self._cancel(sent))
            self._retire_later()

    async def _sent(self, job: Job) -> _Sent:
        """Where the job is, having been sent now or before.

        :raises JobFailed: when no child can take it.
        """
        expected, since = self._expected, time.monotonic()
        if expected and expected.job is job:
            self._expected, since = None, expected.at
            if expected.sent and expected.sent.child is self._child:
                return expected.sent
        child = await self._ready_child()
        try:
            # A child that had to start first has eaten of the job's time.
            return _Sent(child, await child.send(_later(job, time.monotonic() - since)))
        except ConnectionError as error:
            failure = await child.post_mortem()
            await self._replace()
            raise failure from error

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
        self._starting, child, self._child = None, self._child, None
        if child:
            self._retiring = asyncio.create_task(child.end())

    async def _ready_child(self) -> Conversation:
        """:raises JobFailed: when none can be started."""
        if self._child and self._child.is_over:
            await self._replace()
        self.prewarm()
        assert self._starting
        try:
            await asyncio.shield(self._starting)
        except JobFailed:
            self._starting = None
            raise
        assert self._child
        return self._child

    async def _start(self) -> Ready:
        self._child = child = await Conversation.begin(self._settings)
        ready = await child.until_ready()
        self.device = ready.device
        log.info("training process ready", child_pid=child.pid, device=ready.device)
        return ready

    async def _cancel(self, sent: _Sent) -> None:
        """Ends a job that nobody wants any more, and keeps the child if it obeys."""
        try:
            async with asyncio.timeout(_CANCEL_SECONDS):
                await sent.child.cancel(sent.place)
                while isinstance(
                    await sent.child.receive(sent.place, _CANCEL_SECONDS), (Beat, Progress)
                ):
                    pass
        except (TimeoutError, JobFailed, ConnectionError):
            await self._replace()

    async def _replace(self) -> None:
        await self._end_child()
        self._starting = None
        self.prewarm()

    async def _end_child(self) -> None:
        child, self._child = self._child, None
        if child:
            await child.end()


def _later(job: Job, seconds: float) -> Job:
    """The same job, `seconds` after it was put together."""
    if not isinstance(job, TrainJob) or job.seconds_left is None:
        return job
    return replace(job, seconds_left=job.seconds_left - seconds)


def _is_overdue(job: Job, since: float) -> bool:
    if not isinstance(job, TrainJob) or job.seconds_left is None:
        return False
    return time.monotonic() - since > job.seconds_left


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
