"""Messages put on the queue by hand, past every check that a scheduler makes."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable

from aio_pika import DeliveryMode, Message, connect

from layerlab.adapters.rabbitmq_topology import COHORTS
from layerlab.domain.study import CohortRef
from layerlab.v1 import job_pb2 as pb
from layerlab.wire import encode_cohort

QUEUE = COHORTS.queue
_TIMEOUT_SECONDS = 20.0
_HUGE_BYTES = 17 << 20


def publish(url: str, bodies: Iterable[bytes]) -> None:
    """Returns when the broker has them all.

    :raises OSError: :raises TimeoutError: when it is away.
    """
    asyncio.run(_publish(url, list(bodies)))


async def _publish(url: str, bodies: list[bytes]) -> None:
    async with asyncio.timeout(_TIMEOUT_SECONDS), await connect(url) as connection:
        channel = await connection.channel()
        for body in bodies:
            message = Message(body, delivery_mode=DeliveryMode.PERSISTENT)
            await channel.default_exchange.publish(message, routing_key=QUEUE)


def copies(study_id: str, cohort_id: str, many: int = 5) -> list[bytes]:
    return [encode_cohort(CohortRef(study_id, cohort_id))] * many


def poison(drawn: random.Random) -> list[bytes]:
    """Random bytes, another message, a cohort that never was, and 17 MiB of nothing."""
    return [
        drawn.randbytes(64),
        pb.CohortMessage(study_id="a study, and no more").SerializeToString(),
        encode_cohort(CohortRef("no-such-study", "no-such-cohort")),
        bytes(_HUGE_BYTES),
    ]
