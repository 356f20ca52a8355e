"""Takes messages from RabbitMQ, one at a time, and tells it what became of them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Final, NoReturn

import structlog
from aio_pika.abc import AbstractIncomingMessage
from aio_pika.exceptions import CONNECTION_EXCEPTIONS

from layerlab.adapters.rabbitmq_connection import Patience
from layerlab.adapters.rabbitmq_session import Session, StepBack, is_cancelled, reason_of
from layerlab.adapters.rabbitmq_topology import Topology
from layerlab.domain.problem import Malformed
from layerlab.ports import Handler, Requeue
from layerlab.wire import CohortMessageTooNew, decode_cohort

log = structlog.get_logger()

# A cohort's name takes some 100 bytes; what is larger by far need not be parsed.
_MAX_BODY_BYTES: Final = 64 * 1024


class Consumer:
    """Feeds one handler from one session after another.

    The handler doesn't notice when a session is lost: what it does goes on, and the next session
    begins when it has returned. So there are never two at once.
    """

    def __init__(self, topology: Topology, handle: Handler, patience: Patience) -> None:
        self._topology = topology
        self._handle = handle
        self._patience = patience
        self.is_busy = False

    async def feed(self, session: Session) -> NoReturn:
        """:raises SessionLost: when it is.
        :raises StepBack: for a message that a newer trainer must take.
        """
        inbox: asyncio.Queue[AbstractIncomingMessage | None] = asyncio.Queue()
        session.when_lost(lambda: inbox.put_nowait(None))
        channel = await session.open_channel()
        await channel.set_qos(prefetch_count=1)
        queue = await self._topology.declare_queue(channel)
        # aiormq cancels its callbacks when the channel closes, so the work is not done in one.
        await queue.consume(inbox.put)
        # What arrived on a session that is lost is not ours any more.
        while (message := await inbox.get()) is not None and not session.is_lost:
            self.is_busy = True
            try:
                await self._deliver(message)
            finally:
                self.is_busy = False
        await session.until_lost()

    async def _deliver(self, message: AbstractIncomingMessage) -> None:
        """A cancelled handler leaves its message alone: closing the connection gives it back."""
        try:
            if len(message.body) > _MAX_BODY_BYTES:
                raise Malformed("poison_message", "The message is far too large for a cohort.")
            await self._handle(decode_cohort(message.body))
        except Requeue:
            await self._settle(message.nack(requeue=True))
        except CohortMessageTooNew as version:
            # Leaving gives it back at once, to whoever is newer.
            raise StepBack(
                f"a message has schema version {version}, which this release can't read: upgrade",
                self._patience.newer,
            ) from version
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
