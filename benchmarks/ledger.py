"""Epoch reports per second, written to SQLite or MongoDB and acknowledged.

    python -m benchmarks.ledger

Each figure is of one trainer with one stream, through the ledger itself and through gRPC, with
one report a message and with 32 lanes a message. MongoDB is a real mongod on this machine, a
replica set of one node, with majority and journaled writes. Beside them: the same numbers of rows
in plain SQLite and plain MongoDB, one durable write a row, which is what a ledger without group
commit would do; and how fast a log of 100,000 events is read.
"""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import grpc
from pymongo import MongoClient

from layerlab.adapters.grpc_ledger import GrpcLedger
from layerlab.adapters.objects import FileDatasetStore
from layerlab.adapters.opening import open_event_feed, open_run_store
from layerlab.domain.dataset import Task
from layerlab.domain.design import Design
from layerlab.domain.event import Event, EventType
from layerlab.domain.exchange import ReportBatch
from layerlab.domain.json_value import JsonObject
from layerlab.domain.presets import preset_space
from layerlab.domain.spec import Budget, StudySpec
from layerlab.domain.study import CohortRef, EpochReport, Proposal, Purpose
from layerlab.domain.trial import StudyState
from layerlab.ports import CohortLedger, StudySummary
from layerlab.v1 import ledger_pb2_grpc
from services.gateway.ledger import Ledger
from services.gateway.ledger_rpc import LedgerServicer
from tests.servers import Mongod

_REPORTS: Final = 16_000
_GOAL: Final = 5_000
_ROWS: Final = 1_000
_EVENTS: Final = 100_000


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder, Mongod(Path(folder) / "mongod") as mongod:
        for kind in ("SQLite", "MongoDB"):
            for lanes in (1, 32):
                for through_grpc in (False, True):
                    name = f"{lanes}_{through_grpc}"
                    url = f"sqlite:///{folder}/{name}.db"
                    if kind == "MongoDB":
                        url = mongod.url_of(f"bench_{name}")
                    await measure(kind, lanes, url, Path(folder), through_grpc)
        show("SQLite, a commit a row", 1, _ROWS, plain_sqlite(Path(folder) / "plain.db"))
        show("MongoDB, an insert a row", 1, _ROWS, plain_mongo(mongod))
        for kind, url in (
            ("SQLite", f"sqlite:///{folder}/log.db"),
            ("MongoDB", mongod.url_of("log")),
        ):
            await measure_reading(kind, url)


async def measure(kind: str, lanes: int, url: str, folder: Path, through_grpc: bool) -> None:
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_run_store(url))
        feed = await stack.enter_async_context(open_event_feed(url))
        models = FileDatasetStore(folder / "models")
        ledger = await stack.enter_async_context(Ledger(store, feed, models))
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
        show(f"{kind}, over gRPC" if through_grpc else kind, lanes, _REPORTS, seconds)


async def measure_reading(kind: str, url: str) -> None:
    async with open_run_store(url) as store:
        for first in range(1, _EVENTS, 500):
            events = [_an_event(seq) for seq in range(first, first + 500)]
            now = events[-1].time
            summary = StudySummary("s", events[-1].seq, True, now, "{}")
            await store.append("s", first - 1, events, summary)
        started = time.perf_counter()
        after = 0
        while page := await store.read_events("s", after, 1000):
            after = page[-1].seq
        seconds = time.perf_counter() - started
        assert after == _EVENTS
        print(f"{kind + ', reading':24} {'':21}  {_EVENTS / seconds:10,.0f} events/s")


def _an_event(seq: int) -> Event:
    data: JsonObject = {"cohort_id": "c1", "attempt": 1, "reports": [{"number": 1, "epoch": seq}]}
    time = datetime(2026, 1, 1, tzinfo=UTC)
    return Event(seq, time, EventType.EPOCHS_REPORTED, "studies/s/cohorts/c1", data)


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


def plain_sqlite(path: Path) -> float:
    """Seconds to write `_ROWS` rows, each in a transaction of its own."""
    with sqlite3.connect(path, isolation_level=None) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("CREATE TABLE reports (epoch INTEGER, loss REAL)")
        started = time.perf_counter()
        for epoch in range(_ROWS):
            db.execute("INSERT INTO reports VALUES (?, ?)", (epoch, 0.5))
        seconds = time.perf_counter() - started
    db.close()
    return seconds


def plain_mongo(mongod: Mongod) -> float:
    """Seconds to write `_ROWS` documents, each journaled by itself."""
    client: MongoClient[dict[str, object]] = MongoClient(mongod.url, w="majority", journal=True)
    with client:
        reports = client.get_database("plain")["reports"]
        started = time.perf_counter()
        for epoch in range(_ROWS):
            reports.insert_one({"epoch": epoch, "loss": 0.5})
        return time.perf_counter() - started


def show(name: str, lanes: int, reports: int, seconds: float) -> None:
    rate = reports / seconds
    verdict = "" if rate >= _GOAL else f"  below {_GOAL:,}"
    print(f"{name:24} {lanes:3} lanes a message  {rate:10,.0f} reports/s{verdict}")


if __name__ == "__main__":
    asyncio.run(main())
