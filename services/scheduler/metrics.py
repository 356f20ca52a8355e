"""What the scheduler shows of the queue that it fills, as the broker counts it."""

from __future__ import annotations

import asyncio
from typing import Final

from prometheus_client import CollectorRegistry, Gauge

from layerlab.domain.problem import Unavailable
from layerlab.ports import JobQueue

_SECONDS: Final = 5.0


class QueueMetrics:
    """While the broker can't be asked, the figures are not a number: what was true is not shown."""

    def __init__(self, queue: JobQueue, registry: CollectorRegistry) -> None:
        self._queue = queue
        self._messages = Gauge(
            "layerlab_queue_messages",
            "Messages as the broker counts them: one a cohort, at least.",
            ["kind"],
            registry=registry,
        )

    async def run(self) -> None:
        """Asks again and again, until cancelled."""
        while True:
            await self._ask()
            await asyncio.sleep(_SECONDS)

    async def _ask(self) -> None:
        try:
            depth = await self._queue.depth()
        except Unavailable:
            counts = dict.fromkeys(("ready", "unacknowledged", "dead"), float("nan"))
        else:
            counts = {
                "ready": depth.ready,
                "unacknowledged": depth.unacknowledged,
                "dead": depth.dead,
            }
        for kind, count in counts.items():
            self._messages.labels(kind).set(count)
