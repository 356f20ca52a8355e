"""Takes messages from RabbitMQ as they are asked for, and tells it what became of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final, NoReturn, TypeAlias

import structlog
from aio_pika.abc import AbstractIncomingMessage, AbstractQueue
from aio_pika.exceptions import CONNECTION_EXCEPTIONS

from layerlab.adapters.feeding import Feeder
from layerlab.adapters.rabbitmq_connection import Patience
from layerlab.adapters.rabbitmq_session import (
    Session,
    SessionLost,
    StepBack,
    is_cancelled,
    reason_of,
)
from layerlab.adapters.rabbitmq_topology import Topology
from layerlab.domain.problem import Malformed
from layerlab.intake import Intake
from layerlab.ports import Handler, Requeue
from layerlab.wire import CohortMessageTooNew, decode_cohort

log = structlog.get_logger()

_Arrival: TypeAlias = "AbstractIncomingMessage | _Paused | None"
# A cohort's name takes some 100 bytes; what is larger by far need not be parsed.
_MAX_BODY_BYTES: Final = 64 * 1024


class _Paused:
    """Arrives in place of a message: no more is wanted."""


class _Line:
    """This consumer's way to messages on one channel.

    In line it has a subscription, with room for one message; that ends when the message has come,
    or its acknowledgement would bring the next one, asked for or not.
    """

    def __init__(self, session: Session, queue: AbstractQueue, patience: Patience) -> None:
        self._session, self._queue, self._patience = session, queue, patience
        self._inbox: asyncio.Queue[_Arrival] = asyncio.Queue()
        self._leaving: StepBack | None = None
        session.when_lost(lambda: self._inbox.put_nowait(None))

    def leave(self, reason: StepBack) -> None:
        """Whoever asks for more is told so."""
        self._leaving = reason

    async def next(self, paused: asyncio.Event) -> AbstractIncomingMessage | None:
        async with self._session_used():
            # aiormq cancels its callbacks when the channel closes: no work is done in one.
            tag = await self._queue.consume(self._inbox.put)
            watching = asyncio.create_task(self._say_when(paused))
            try:
                message = await self._inbox.get()
            finally:
                watching.cancel()
            if message is None:
                await self._session.until_lost()
            if isinstance(message, _Paused):
                # What is on its way comes before the answer.
                await self._queue.cancel(tag, timeout=self._patience.answer)
                await self._give_back()
                return None
            await self._queue.cancel(tag, nowait=True)
            return message

    async def _say_when(self, paused: asyncio.Event) -> None:
        await paused.wait()
        self._inbox.put_nowait(_Paused())

    async def _give_back(self) -> None:
        # aiormq hands a message over in a task of its own.
        await asyncio.sleep(0)
        while not self._inbox.empty():
            message = self._inbox.get_nowait()
            if message is None:
                await self._session.until_lost()
            if not isinstance(message, _Paused):
                await message.nack(requeue=True)

    async def spare(self) -> AbstractIncomingMessage | None:
        """A message that waits is one that nobody is in line for."""
        async with self._session_used():
            return await self._queue.get(fail=False, timeout=self._patience.answer)

    @asynccontextmanager
    async def _session_used(self) -> AsyncIterator[None]:
        """:raises SessionLost: what arrives on a session that is lost is not ours any more.
        :raises StepBack: after `leave`.
        """
        if self._leaving:
            raise self._leaving
        try:
            yield
        except asyncio.CancelledError as error:
            if is_cancelled():
                raise
            raise SessionLost(reason_of(error)) from error
        if self._session.is_lost:
            await self._session.until_lost()


class Consumer:
    """Feeds one handler from one session after another.

    The handler doesn't notice when a session is lost: what it does goes on, and the next session
    begins when it has returned. So there are never two at once.
    """

    def __init__(
        self, topology: Topology, handle: Handler, intake: Intake | None, patience: Patience
    ) -> None:
        self._topology = topology
        self._handle = handle
        self._intake = intake
        self._patience = patience
        self._feeder: Feeder[AbstractIncomingMessage] | None = None

    @property
    def under_way(self) -> int:
        """Messages that are being handled."""
        return self._feeder.under_way if self._feeder else 0

    async def feed(self, session: Session) -> NoReturn:
        """:raises SessionLost: when it is.
        :raises StepBack: for a message that a newer trainer must take.
        """
        channel = await session.open_channel()
        await channel.set_qos(prefetch_count=1)
        line = _Line(session, await self._topology.declare_queue(channel), self._patience)
        self._feeder = Feeder(line, partial(self._deliver, line), self._intake)
        await self._feeder.run()

    async def _deliver(self, line: _Line, message: AbstractIncomingMessage) -> None:
        """A cancelled handler leaves its message alone: closing the connection gives it back."""
        try:
            if len(message.body) > _MAX_BODY_BYTES:
                raise Malformed("poison_message", "The message is far too large for a cohort.")
            await self._handle(decode_cohort(message.body))
        except Requeue:
            await self._settle(message.nack(requeue=True))
        except CohortMessageTooNew as version:
            reason = f"a message has schema version {version}, which this release can't read"
            line.leave(StepBack(f"{reason}: upgrade", self._patience.newer))
            # At once, to whoever is newer.
            await self._settle(message.nack(requeue=True))
        except Exception:
            log.exception("cohort moved to the dead letters", message_id=message.message_id)
            await self._settle(message.nack(requeue=False))
        else:
            await self._settle(message.ack())

    async def _settle(self, answer: Coroutine[Any, Any, None]) -> None:
        """Sends the answer, even when the consumer is cancelled at that moment.

        An answer that does not arrive is no error: the message is delivered again.
        """
        settling = asyncio.create_task(self._send(answer))
        try:
            await asyncio.shield(settling)
        except asyncio.CancelledError:
            await asyncio.wait([settling])
            raise

    async def _send(self, answer: Coroutine[Any, Any, None]) -> None:
        try:
            async with asyncio.timeout(self._patience.answer):
                await answer
        except (asyncio.CancelledError, *CONNECTION_EXCEPTIONS) as error:
            if is_cancelled():
                raise
            log.info("not acknowledged", reason=reason_of(error))
