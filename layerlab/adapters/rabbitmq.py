"""The JobQueue on RabbitMQ: quorum queues, confirmed publishing, no message before its time."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Final, NoReturn

from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import CONNECTION_EXCEPTIONS, DeliveryError, PublishError

from layerlab.adapters.rabbitmq_connection import PATIENCE, Link, Patience
from layerlab.adapters.rabbitmq_consumer import Consumer
from layerlab.adapters.rabbitmq_session import Session, is_cancelled, reason_of
from layerlab.adapters.rabbitmq_topology import COHORTS, Topology
from layerlab.domain.problem import Unavailable
from layerlab.domain.study import CohortRef
from layerlab.intake import Intake
from layerlab.lifecycle import background
from layerlab.ports import Handler, JobQueue, QueueDepth
from layerlab.wire import encode_cohort
from layerlab.wire.job import SCHEMA_VERSION

_REFUSED_SECONDS: Final = 0.5


def open_rabbitmq(
    url: str, client: str, topology: Topology = COHORTS, patience: Patience = PATIENCE
) -> AbstractAsyncContextManager[JobQueue]:
    """Entered at once, whether the broker is there or not; it is connected to when it is.

    :raises ValueError: for a URL that can't be read.
    """
    return _opened(RabbitJobQueue(Link(url, client, topology), topology, patience))


@asynccontextmanager
async def _opened(queue: RabbitJobQueue) -> AsyncIterator[JobQueue]:
    async with background(queue.keep_commands()):
        yield queue


@dataclass(frozen=True, slots=True)
class _Commands:
    """What to publish on, and what to ask questions on, so that neither waits for the other."""

    session: Session
    publishing: AbstractChannel
    asking: AbstractChannel


class RabbitJobQueue:
    """A JobQueue. Consumers have connections of their own.

    A broker that runs out of memory or disk blocks connections that publish; a trainer's
    acknowledgement must not wait behind that.
    """

    broker = "rabbitmq"
    survives_restart = True

    def __init__(self, link: Link, topology: Topology, patience: Patience) -> None:
        self._link = link
        self._topology = topology
        self._patience = patience
        self._commands: _Commands | None = None
        self._connected = asyncio.Event()
        self._consumers: set[Consumer] = set()

    async def keep_commands(self) -> NoReturn:
        """Keeps the connection that `put`, `depth` and `ping` use, until cancelled."""
        await self._link.keep("commands", self._hold_commands)

    async def put(self, cohort: CohortRef) -> None:
        message = _message_of(cohort)
        async with self._command() as commands:
            try:
                await self._publish(commands, message)
                return
            except PublishError:
                # It was returned: its queue has been deleted.
                await self._topology.declare(commands.asking)
            except DeliveryError:
                # A queue that is being made refuses for a moment; a full one goes on to.
                await asyncio.sleep(_REFUSED_SECONDS)
            await self._publish(commands, message)

    async def depth(self) -> QueueDepth:
        async with self._command() as commands:
            queue = await self._topology.declare_queue(commands.asking)
            dead = await self._topology.declare_dead_queue(commands.asking)
        told = queue.declaration_result
        # What other processes hold AMQP doesn't tell.
        here = sum(consumer.under_way for consumer in self._consumers)
        return QueueDepth(
            told.message_count or 0,
            here,
            dead.declaration_result.message_count or 0,
            told.consumer_count or 0,
        )

    async def ping(self) -> None:
        async with self._command() as commands:
            await self._topology.declare_queue(commands.asking)

    async def consume(self, handle: Handler, intake: Intake | None = None) -> None:
        consumer = Consumer(self._topology, handle, intake, self._patience)
        self._consumers.add(consumer)
        try:
            await self._link.keep("work", consumer.feed)
        finally:
            self._consumers.discard(consumer)

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
