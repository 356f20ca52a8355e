"""The JobQueue on RabbitMQ: quorum queues, confirmed publishing, one message at a time."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, NoReturn

import structlog
from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from aio_pika.exceptions import CONNECTION_EXCEPTIONS, DeliveryError, PublishError

from layerlab.adapters.rabbitmq_connection import (
    Link,
    Session,
    StepBack,
    is_cancelled,
    reason_of,
)
from layerlab.adapters.rabbitmq_topology import COHORTS, Topology
from layerlab.domain.problem import Malformed, Unavailable
from layerlab.domain.study import CohortRef
from layerlab.lifecycle import background
from layerlab.ports import Handler, JobQueue, QueueDepth, Requeue
from layerlab.wire import CohortMessageTooNew, decode_cohort, encode_cohort
from layerlab.wire.job import SCHEMA_VERSION

log = structlog.get_logger()

# A cohort's name takes some 100 bytes; what is larger by far need not be parsed.
_MAX_BODY_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Patience:
    """In seconds. `answer`: for the broker, before a call raises `Unavailable`.

    `newer`: how long a consumer stays away after a message that is too new for it.
    """

    answer: float = 10.0
    newer: float = 30.0


@asynccontextmanager
async def open_rabbitmq(
    url: str,
    client: str,
    topology: Topology = COHORTS,
    patience: Patience = Patience(),
) -> AsyncIterator[JobQueue]:
    """Returns at once, whether the broker is there or not; it is connected to when it is."""
    queue = RabbitJobQueue(Link(url, client, topology), topology, patience)
    async with background(queue.keep_commands()):
        yield queue


@dataclass(frozen=True, slots=True)
class _Commands:
    """A session to publish and to ask questions on: separate channels, so that neither waits."""

    session: Session
    publishing: AbstractChannel
    asking: AbstractChannel


class RabbitJobQueue:
    """A JobQueue. Consumers have connections of their own.

    A broker that runs out of memory or disk blocks connections that publish; a trainer's
    acknowledgement must not wait behind that.
    """

    survives_restart = True

    def __init__(self, link: Link, topology: Topology, patience: Patience) -> None:
        self._link = link
        self._topology = topology
        self._patience = patience
        self._commands: _Commands | None = None
        self._connected = asyncio.Event()
        self._held = 0

    async def keep_commands(self) -> NoReturn:
        """Keeps the connection that `put`, `depth` and `ping` use, until cancelled."""
        await self._link.keep("commands", self._hold_commands)

    async def put(self, cohort: CohortRef) -> None:
        message = _message_of(cohort)
        async with self._command() as commands:
            try:
                await self._publish(commands, message)
            except PublishError:
                # It was returned: its queue has been deleted.
                await self._topology.declare(commands.asking)
                await self._publish(commands, message)

    async def depth(self) -> QueueDepth:
        async with self._command() as commands:
            queue = await self._topology.declare_queue(commands.asking)
            dead = await self._topology.declare_dead_queue(commands.asking)
        ready = queue.declaration_result.message_count or 0
        consumers = queue.declaration_result.consumer_count or 0
        # While something waits, each consumer holds its one message; AMQP tells no more.
        unacknowledged = consumers if ready else self._held
        return QueueDepth(ready, unacknowledged, dead.declaration_result.message_count or 0)

    async def ping(self) -> None:
        async with self._command() as commands:
            await self._topology.declare_queue(commands.asking)

    async def consume(self, handle: Handler) -> None:
        await self._link.keep("work", lambda session: self._feed(session, handle))

    async def _hold_commands(self, session: Session) -> None:
        self._commands = _Commands(
            session, await session.open_channel(), await session.open_channel()
        )
        self._connected.set()
        await session.until_lost()

    @asynccontextmanager
    async def _command(self) -> AsyncIterator[_Commands]:
        """:raises Unavailable: for whatever goes wrong within, and when it takes too long."""
        commands: _Commands | None = None
        try:
            async with asyncio.timeout(self._patience.answer):
                commands = await self._wait_for_commands()
                await commands.session.until_unblocked()
                yield commands
        except TimeoutError as error:
            raise Unavailable("broker_unavailable", await self._explain(commands)) from error
        except DeliveryError as error:
            raise _unavailable(error) from error
        except (asyncio.CancelledError, *CONNECTION_EXCEPTIONS) as error:
            if is_cancelled():
                raise
            if commands is not None:
                # So that the next call doesn't meet it before aio-pika has noticed its end.
                commands.session.give_up(reason_of(error))
            raise _unavailable(error) from error

    async def _wait_for_commands(self) -> _Commands:
        while self._commands is None or self._commands.session.is_lost:
            self._connected.clear()
            await self._connected.wait()
        return self._commands

    async def _explain(self, commands: _Commands | None) -> str:
        """Why there was no answer in time."""
        if commands is None:
            return f"The broker can't be reached: {self._link.last_reason}."
        if await commands.session.is_blocked():
            # A new connection would be blocked likewise, and this one be kept by the broker.
            return "The broker takes no messages for now: it is short of memory or disk space."
        # Sooner than heartbeats notice it.
        commands.session.give_up("the broker does not answer")
        return "The broker does not answer."

    async def _publish(self, commands: _Commands, message: Message) -> None:
        """Returns when the broker has confirmed it."""
        await commands.publishing.default_exchange.publish(
            message, routing_key=self._topology.queue, mandatory=True
        )

    async def _feed(self, session: Session, handle: Handler) -> NoReturn:
        inbox: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
        channel = await session.open_channel()
        await channel.set_qos(prefetch_count=1)
        queue = await self._topology.declare_queue(channel)
        # aiormq cancels its callbacks when the channel closes, so the work is not done in one.
        await queue.consume(inbox.put)
        while True:
            message = await _next(inbox, session)
            self._held += 1
            try:
                await self._deliver(message, handle)
            finally:
                self._held -= 1

    async def _deliver(self, message: AbstractIncomingMessage, handle: Handler) -> None:
        """A cancelled handler leaves its message alone: closing the connection gives it back."""
        try:
            if len(message.body) > _MAX_BODY_BYTES:
                raise Malformed("poison_message", "The message is far too large for a cohort.")
            await handle(decode_cohort(message.body))
        except Requeue:
            await self._settle(message.nack(requeue=True))
        except CohortMessageTooNew as version:
            # Leaving gives it back at once, to whoever is newer.
            raise StepBack(
                f"a message has schema version {version}, this trainer knows {SCHEMA_VERSION}: "
                "upgrade it",
                self._patience.newer,
            ) from version
        except Exception:
            log.exception("cohort moved to the dead letters", message_id=message.message_id)
            await self._settle(message.nack(requeue=False))
        else:
            await self._settle(message.ack())

    async def _settle(self, answer: Coroutine[Any, Any, None]) -> None:
        """Tells the broker what became of a message; should it be gone, it delivers it again.

        What was handled is settled even when its consumer is cancelled at that moment.
        """
        settling = asyncio.create_task(_within(self._patience.answer, answer))
        try:
            await asyncio.shield(settling)
        except asyncio.CancelledError:
            await asyncio.wait([settling])
            raise


async def _within(seconds: float, answer: Coroutine[Any, Any, None]) -> None:
    try:
        async with asyncio.timeout(seconds):
            await answer
    except (asyncio.CancelledError, *CONNECTION_EXCEPTIONS) as error:
        if is_cancelled():
            raise
        log.info("not acknowledged", reason=reason_of(error))


async def _next(
    inbox: asyncio.Queue[AbstractIncomingMessage], session: Session
) -> AbstractIncomingMessage:
    """:raises SessionLost: then what is in the inbox is not ours any more."""
    lost = asyncio.ensure_future(session.until_lost())
    arrived = asyncio.ensure_future(inbox.get())
    try:
        await asyncio.wait((lost, arrived), return_when=asyncio.FIRST_COMPLETED)
        if session.is_lost:
            await lost
        return arrived.result()
    finally:
        lost.cancel()
        arrived.cancel()


def _message_of(cohort: CohortRef) -> Message:
    return Message(
        encode_cohort(cohort),
        delivery_mode=DeliveryMode.PERSISTENT,
        content_type="application/x-protobuf",
        type="layerlab.v1.CohortMessage",
        # Its last part is new each time: aiormq tells by the id which message was returned.
        message_id=f"{cohort.study_id}/{cohort.cohort_id}/{uuid.uuid4().hex}",
        headers={
            "schema_version": SCHEMA_VERSION,
            **({"traceparent": cohort.traceparent} if cohort.traceparent else {}),
        },
    )


def _unavailable(error: BaseException) -> Unavailable:
    return Unavailable("broker_unavailable", f"The broker did not take it: {reason_of(error)}")
