"""The queues in RabbitMQ: cohorts that wait, and messages that nobody could handle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from aio_pika import ExchangeType
from aio_pika.abc import AbstractChannel, AbstractQueue

# RabbitMQ's own default from 4.0; before, there is none.
_DELIVERY_LIMIT: Final = 20
_DEAD_BYTES: Final = 256 * 2**20


@dataclass(frozen=True, slots=True)
class Topology:
    """Declaring it is idempotent, and makes what was deleted anew."""

    queue: str
    dead_exchange: str = "layerlab.dead"

    @property
    def dead_queue(self) -> str:
        return f"{self.queue}.dead"

    async def declare(self, channel: AbstractChannel) -> None:
        """The dead letters first, so that there is never a queue that would drop them."""
        exchange = await channel.declare_exchange(
            self.dead_exchange, ExchangeType.DIRECT, durable=True
        )
        dead = await self.declare_dead_queue(channel)
        await dead.bind(exchange, routing_key=self.dead_queue)
        await self.declare_queue(channel)

    async def declare_queue(self, channel: AbstractChannel) -> AbstractQueue:
        return await channel.declare_queue(
            self.queue,
            durable=True,
            arguments={
                "x-queue-type": "quorum",
                "x-delivery-limit": _DELIVERY_LIMIT,
                "x-dead-letter-exchange": self.dead_exchange,
                "x-dead-letter-routing-key": self.dead_queue,
                # At-least-once keeps a message here until the dead letters have it, and needs a
                # queue that refuses what is new, not one that drops what is old.
                "x-dead-letter-strategy": "at-least-once",
                "x-overflow": "reject-publish",
            },
        )

    async def declare_dead_queue(self, channel: AbstractChannel) -> AbstractQueue:
        """For an operator to look at; the oldest go when it is full."""
        return await channel.declare_queue(
            self.dead_queue,
            durable=True,
            arguments={"x-queue-type": "quorum", "x-max-length-bytes": _DEAD_BYTES},
        )


COHORTS: Final = Topology("layerlab.cohorts")
