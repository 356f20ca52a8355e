"""A real RabbitMQ node, trainers that only take notes, and a hand that reaches past the adapter."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Final

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage, HeadersType
from aio_pika.exceptions import ChannelNotFoundEntity

from layerlab.adapters.rabbitmq import open_rabbitmq
from layerlab.adapters.rabbitmq_connection import Patience
from layerlab.adapters.rabbitmq_topology import Topology
from layerlab.domain.problem import Unavailable
from layerlab.domain.study import CohortRef
from layerlab.lifecycle import background
from layerlab.ports import JobQueue
from tests.servers import RabbitMQ
from tests.waiting import LIMIT_SECONDS, until_true

QUICK: Final = Patience(answer=3.0, newer=2.0)


def a_cohort(name: str = "c1") -> CohortRef:
    return CohortRef("s1", name)


async def put_until_refused(queue: JobQueue, name: str) -> Unavailable:
    """A broker takes a moment to notice that it has no room."""
    async with asyncio.timeout(LIMIT_SECONDS):
        for number in count():
            try:
                await queue.put(a_cohort(f"{name}{number}"))
            except Unavailable as refusal:
                return refusal
    raise AssertionError


async def put_at_last(queue: JobQueue, cohort: CohortRef) -> None:
    """As the scheduler does it: again until it was taken."""
    async with asyncio.timeout(LIMIT_SECONDS):
        while True:
            try:
                return await queue.put(cohort)
            except Unavailable:
                await asyncio.sleep(0.2)


@dataclass
class Notes:
    """A trainer's handler. Each cohort takes `seconds`, or until `go_on` is set."""

    seconds: float = 0.0
    handled: list[str] = field(default_factory=list)
    started: list[str] = field(default_factory=list)
    most_at_once: int = 0
    go_on: asyncio.Event | None = None
    _busy: int = 0

    async def handle(self, cohort: CohortRef) -> None:
        self.started.append(cohort.cohort_id)
        self._busy += 1
        self.most_at_once = max(self.most_at_once, self._busy)
        try:
            await asyncio.sleep(self.seconds)
            if self.go_on is not None:
                await self.go_on.wait()
            self.handled.append(cohort.cohort_id)
        finally:
            self._busy -= 1


@dataclass(frozen=True)
class BrokerWorld:
    """One test's queues on the node that tests share."""

    node: RabbitMQ
    topology: Topology

    @classmethod
    def on(cls, node: RabbitMQ) -> BrokerWorld:
        return cls(node, Topology(f"layerlab.{uuid.uuid4().hex}"))

    @asynccontextmanager
    async def queue(
        self,
        port: int | None = None,
        patience: Patience = QUICK,
        query: str = "",
        user: str = "guest",
    ) -> AsyncIterator[JobQueue]:
        """`port`: of a proxy before the node; `query`: of the URL; `user`: also the password."""
        url = self.node.url_at(port or self.node.port).replace("guest", user) + query
        async with open_rabbitmq(url, "test", self.topology, patience) as queue:
            yield queue

    @asynccontextmanager
    async def trainers(
        self, *notes: Notes, port: int | None = None, query: str = ""
    ) -> AsyncIterator[JobQueue]:
        """One for each notes, and a queue to put into."""
        async with self.queue(port, query=query) as queue, AsyncExitStack() as stack:
            for each in notes:
                await stack.enter_async_context(background(queue.consume(each.handle)))
            yield queue

    @asynccontextmanager
    async def channel(self) -> AsyncIterator[AbstractChannel]:
        """Past the adapter."""
        async with await aio_pika.connect(self.node.url) as connection:
            yield await connection.channel()

    async def consumers(self) -> int:
        """As the broker counts them."""
        async with self.channel() as channel:
            try:
                queue = await channel.get_queue(self.topology.queue)
            except ChannelNotFoundEntity:
                return 0  # Nor is there a queue.
            return queue.declaration_result.consumer_count or 0

    async def add_user(self, name: str, *rights: str) -> None:
        """`rights`: to configure, to write, to read."""
        await asyncio.to_thread(self.node.control, "add_user", name, name)
        await asyncio.to_thread(self.node.control, "set_permissions", name, *rights)

    async def publish(self, body: bytes, headers: HeadersType | None = None) -> None:
        """Any bytes, as from a stranger."""
        async with self.channel() as channel:
            await channel.default_exchange.publish(
                aio_pika.Message(body, headers=headers), routing_key=self.topology.queue
            )

    async def delete_queue(self) -> None:
        async with self.channel() as channel:
            await channel.queue_delete(self.topology.queue)

    async def until_consumers(self, many: int) -> None:
        async def is_so() -> bool:
            return await self.consumers() == many

        await until_true(is_so)

    async def until_dead(self, queue: JobQueue, many: int) -> None:
        async def is_so() -> bool:
            return (await queue.depth()).dead == many

        await until_true(is_so)

    async def take(self) -> AbstractIncomingMessage:
        """The next message, as somebody else's trainer gets it; it is completed."""
        taken: list[AbstractIncomingMessage] = []

        async def is_there() -> bool:
            message = await queue.get(fail=False)
            if message is not None:
                await message.ack()
                taken.append(message)
            return message is not None

        async with self.channel() as channel:
            queue = await channel.get_queue(self.topology.queue)
            await until_true(is_there)
        return taken[0]
