"""A worker that attends and does nothing else: `python -m tests.faults.attendee ADDRESS`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator

from layerlab.adapters.grpc_ledger import GrpcLedger
from layerlab.domain.study import CohortRef
from layerlab.domain.worker import Worker
from layerlab.serving import grpc_channel
from tests.unit.gateway_ledger.world import a_worker


async def reports() -> AsyncIterator[Worker]:
    while True:
        yield a_worker(CohortRef("", ""), 0, "attendee", "i1")
        await asyncio.sleep(0.2)


async def attend(address: str) -> None:
    async with grpc_channel(address) as channel:
        async for _ in GrpcLedger(channel).attend(reports()):
            pass


if __name__ == "__main__":
    asyncio.run(attend(sys.argv[1]))
