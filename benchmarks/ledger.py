"""Epoch reports per second, written to SQLite and acknowledged.

    python -m benchmarks.ledger

Each figure is of one trainer with one stream, through the ledger itself and through gRPC, with
one report a message and with 32 lanes a message. Beside it: the same numbers of rows in plain
SQLite, one commit a row, which is what a ledger without group commit would do.
"""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

import grpc

from layerlab.adapters.files import FileDatasetStore
from layerlab.adapters.grpc_ledger import GrpcLedger
from layerlab.adapters.memory import MemoryEventFeed
from layerlab.adapters.sqlite import open_sqlite
from layerlab.domain.dataset import Task
from layerlab.domain.design import Design
from layerlab.domain.exchange import ReportBatch
from layerlab.domain.presets import preset_space
from layerlab.domain.study import Budget, CohortRef, EpochReport, Proposal, Purpose, StudySpec
from layerlab.domain.trial import StudyState
from layerlab.ports import CohortLedger
from layerlab.v1 import ledger_pb2_grpc
from services.gateway.ledger import Ledger
from services.gateway.ledger_rpc import LedgerServicer

_REPORTS: Final = 16_000
_GOAL: Final = 2_000


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for lanes in (1, 32):
            await measure("ledger", lanes, root / f"ledger-{lanes}", through_grpc=False)
            await measure("ledger over gRPC", lanes, root / f"grpc-{lanes}", through_grpc=True)
        show("SQLite, a commit a row", 1, 1000, plain_sqlite(root / "plain.db", 1000))


async def measure(name: str, lanes: int, folder: Path, through_grpc: bool) -> None:
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_sqlite(folder / "ledger.db"))
        models = FileDatasetStore(folder / "models")
        ledger = await stack.enter_async_context(Ledger(store, MemoryEventFeed(), models))
        reporter: CohortLedger = ledger
        if through_grpc:
            reporter = await _over_grpc(ledger, stack)
        cohort, attempt = await _claimed_cohort(ledger, lanes)
        started = time.perf_counter()
        messages = _REPORTS // lanes
        async for ack in reporter.report_cohort(cohort, attempt, _batches(lanes, messages)):
            acknowledged = ack.acknowledged
        seconds = time.perf_counter() - started
        assert acknowledged == messages
        show(name, lanes, _REPORTS, seconds)


async def _over_grpc(ledger: Ledger, stack: AsyncExitStack) -> GrpcLedger:
    server = grpc.aio.server()
    ledger_pb2_grpc.add_LedgerServiceServicer_to_server(LedgerServicer(ledger), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    stack.push_async_callback(server.stop, None)
    channel = await stack.enter_async_context(grpc.aio.insecure_channel(f"127.0.0.1:{port}"))
    return GrpcLedger(channel)


async def _claimed_cohort(ledger: Ledger, lanes: int) -> tuple[CohortRef, int]:
    spec = StudySpec("d", "y", Task.REGRESSION, preset_space("quick", 100), Budget(lanes, 10, None))
    study_id = (await ledger.create_study(spec)).study.study_id
    await ledger.move_study(study_id, StudyState.RUNNING)
    cohort = CohortRef(study_id, "c1")
    proposals = [Proposal(number, Design((64,)), number) for number in range(1, lanes + 1)]
    await ledger.register_cohort(cohort, Purpose.SEARCH, proposals)
    claim = await ledger.claim_cohort(cohort, "w1", "i1")
    assert claim.assignment is not None
    return cohort, claim.assignment.attempt


async def _batches(lanes: int, messages: int) -> AsyncIterator[ReportBatch]:
    for epoch in range(1, messages + 1):
        yield ReportBatch(
            epoch,
            tuple(
                EpochReport(number, epoch, 0.5, 0.6, 0.7, 0.01 * epoch)
                for number in range(1, lanes + 1)
            ),
        )


def plain_sqlite(path: Path, rows: int) -> float:
    """Seconds to write as many rows, each in a transaction of its own."""
    with sqlite3.connect(path, isolation_level=None) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("CREATE TABLE reports (epoch INTEGER, loss REAL)")
        started = time.perf_counter()
        for epoch in range(rows):
            db.execute("INSERT INTO reports VALUES (?, ?)", (epoch, 0.5))
        seconds = time.perf_counter() - started
    db.close()
    return seconds


def show(name: str, lanes: int, reports: int, seconds: float) -> None:
    rate = reports / seconds
    verdict = "" if rate >= _GOAL else f"  below {_GOAL:,}"
    print(f"{name:24} {lanes:3} lanes a message  {rate:10,.0f} reports/s{verdict}")


if __name__ == "__main__":
    asyncio.run(main())
