"""The ledger in one SQLite file."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from layerlab import wire
from layerlab.adapters.sqlite_file import SqliteFile
from layerlab.domain.dataset import Dataset
from layerlab.domain.event import Event, EventType
from layerlab.domain.exchange import QueueReport
from layerlab.domain.json_value import canonical
from layerlab.domain.worker import Worker
from layerlab.ports import SeqConflict, Snapshot, StudySummary
from layerlab.v1 import dataset_pb2, ledger_pb2

SCHEMA_VERSION: Final = 1
SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS events (
    study_id TEXT NOT NULL, seq INTEGER NOT NULL, time TEXT NOT NULL, type TEXT NOT NULL,
    subject TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (study_id, seq)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS events_by_subject ON events (study_id, subject, seq);
CREATE TABLE IF NOT EXISTS studies (
    study_id TEXT PRIMARY KEY, seq INTEGER NOT NULL, active INTEGER NOT NULL,
    created_at TEXT NOT NULL, body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS studies_by_age ON studies (created_at);
CREATE TABLE IF NOT EXISTS snapshots (
    study_id TEXT PRIMARY KEY, seq INTEGER NOT NULL, body TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS datasets (
    dataset_id TEXT PRIMARY KEY, created_at TEXT NOT NULL, body BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS workers (
    worker_id TEXT PRIMARY KEY, heartbeat_at TEXT NOT NULL, body BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS drained_workers (
    worker_id TEXT PRIMARY KEY, incarnation TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS queue_report (
    only INTEGER PRIMARY KEY CHECK (only = 1), told_at TEXT NOT NULL, body BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, request_hash TEXT NOT NULL, body TEXT NOT NULL, created_at TEXT NOT NULL
);
"""
_ANSWERS_KEPT: Final = timedelta(hours=24)


@asynccontextmanager
async def open_sqlite(path: Path) -> AsyncIterator[SqliteRunStore]:
    """The store in the file `path`, made when it isn't there; closes after the last write."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = SqliteFile(path)
    await asyncio.to_thread(file.start, SCHEMA, SCHEMA_VERSION)
    try:
        yield SqliteRunStore(file)
    finally:
        await asyncio.to_thread(file.close)


class SqliteRunStore:
    """A RunStore."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    async def now(self) -> datetime:
        return datetime.now(UTC)

    async def append(
        self, study_id: str, after: int, events: Sequence[Event], summary: StudySummary
    ) -> None:
        rows = [_event_row(study_id, event) for event in events]
        if [event.seq for event in events] != list(range(after + 1, after + 1 + len(events))):
            raise ValueError("events must be numbered on from `after`")

        def work(db: sqlite3.Connection) -> None:
            if _last_seq(db, study_id) != after:
                raise SeqConflict(study_id)
            db.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)", rows)
            _put_summary(db, summary)

        await self._file.write(work)

    async def read_events(
        self, study_id: str, after: int = 0, limit: int = 1000, subject: str = ""
    ) -> list[Event]:
        where, values = "study_id = ? AND seq > ?", [study_id, after]
        if subject:
            where, values = where + " AND subject = ?", [*values, subject]
        sql = (
            f"SELECT seq, time, type, subject, data FROM events WHERE {where} ORDER BY seq LIMIT ?"
        )
        rows = await self._file.read(lambda db: db.execute(sql, [*values, limit]).fetchall())
        return [_event(row) for row in rows]

    async def last_seq(self, study_id: str) -> int:
        return await self._file.read(lambda db: _last_seq(db, study_id))

    async def list_studies(
        self, active_only: bool = False, limit: int = 100, before: datetime | None = None
    ) -> list[StudySummary]:
        sql = (
            "SELECT study_id, seq, active, created_at, body FROM studies"
            " WHERE (active OR NOT ?) AND created_at < ? ORDER BY created_at DESC LIMIT ?"
        )
        latest = _time_text(before) if before else "9999"
        rows = await self._file.read(
            lambda db: db.execute(sql, (active_only, latest, limit)).fetchall()
        )
        return [
            StudySummary(row[0], row[1], bool(row[2]), datetime.fromisoformat(row[3]), row[4])
            for row in rows
        ]

    async def save_snapshot(self, study_id: str, snapshot: Snapshot) -> None:
        sql = (
            "INSERT INTO snapshots VALUES (?, ?, ?) ON CONFLICT (study_id) DO UPDATE SET"
            " seq = excluded.seq, body = excluded.body WHERE excluded.seq > seq"
        )
        await self._file.write(lambda db: db.execute(sql, (study_id, snapshot.seq, snapshot.body)))

    async def load_snapshot(self, study_id: str) -> Snapshot | None:
        sql = "SELECT seq, body FROM snapshots WHERE study_id = ?"
        row = await self._file.read(lambda db: db.execute(sql, (study_id,)).fetchone())
        return Snapshot(*row) if row else None

    async def put_dataset(self, dataset: Dataset) -> None:
        body = wire.dataset_to_proto(dataset).SerializeToString()
        # The first upload's time stays: the dataset has not changed, only its name may have.
        sql = (
            "INSERT INTO datasets VALUES (?, ?, ?)"
            " ON CONFLICT (dataset_id) DO UPDATE SET body = excluded.body"
        )
        values = (dataset.dataset_id, _time_text(dataset.created_at), body)
        await self._file.write(lambda db: db.execute(sql, values))

    async def get_dataset(self, dataset_id: str) -> Dataset | None:
        sql = "SELECT created_at, body FROM datasets WHERE dataset_id = ?"
        row = await self._file.read(lambda db: db.execute(sql, (dataset_id,)).fetchone())
        return _dataset(row) if row else None

    async def list_datasets(self, limit: int = 100) -> list[Dataset]:
        sql = "SELECT created_at, body FROM datasets ORDER BY created_at DESC LIMIT ?"
        rows = await self._file.read(lambda db: db.execute(sql, (limit,)).fetchall())
        return [_dataset(row) for row in rows]

    async def put_worker(self, worker: Worker) -> None:
        body = wire.worker_to_proto(worker).SerializeToString()
        values = (worker.worker_id, _time_text(worker.heartbeat_at), body)
        sql = (
            "INSERT INTO workers VALUES (?, ?, ?) ON CONFLICT (worker_id) DO UPDATE "
            "SET heartbeat_at = excluded.heartbeat_at, body = excluded.body "
            "WHERE excluded.heartbeat_at >= workers.heartbeat_at"
        )
        await self._file.write(lambda db: db.execute(sql, values))

    async def list_workers(self, seen_after: datetime) -> list[Worker]:
        sql = "SELECT body FROM workers WHERE heartbeat_at > ? ORDER BY worker_id"
        rows = await self._file.read(
            lambda db: db.execute(sql, (_time_text(seen_after),)).fetchall()
        )
        return [wire.worker_from_proto(ledger_pb2.Worker.FromString(row[0])) for row in rows]

    async def set_drained(self, worker_id: str, incarnation: str) -> None:
        def work(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM drained_workers WHERE worker_id = ?", (worker_id,))
            if incarnation:
                values = (worker_id, incarnation)
                db.execute("INSERT INTO drained_workers VALUES (?, ?)", values)

        await self._file.write(work)

    async def drained_workers(self) -> dict[str, str]:
        sql = "SELECT worker_id, incarnation FROM drained_workers"
        return dict(await self._file.read(lambda db: db.execute(sql).fetchall()))

    async def put_queue_report(self, report: QueueReport) -> None:
        body = wire.queue_report_to_proto(report).SerializeToString()
        values = (_time_text(await self.now()), body)
        sql = "INSERT OR REPLACE INTO queue_report VALUES (1, ?, ?)"
        await self._file.write(lambda db: db.execute(sql, values))

    async def queue_report(self) -> tuple[QueueReport, datetime] | None:
        sql = "SELECT told_at, body FROM queue_report"
        row = await self._file.read(lambda db: db.execute(sql).fetchone())
        if row is None:
            return None
        report = wire.queue_report_from_proto(ledger_pb2.QueueReport.FromString(row[1]))
        return report, datetime.fromisoformat(row[0])

    async def remember_answer(self, key: str, request_hash: str, body: str) -> bool:
        now = datetime.now(UTC)

        def work(db: sqlite3.Connection) -> bool:
            old = (_time_text(now - _ANSWERS_KEPT),)
            db.execute("DELETE FROM answers WHERE created_at < ?", old)
            values = (key, request_hash, body, _time_text(now))
            return (
                db.execute("INSERT OR IGNORE INTO answers VALUES (?, ?, ?, ?)", values).rowcount > 0
            )

        return await self._file.write(work)

    async def recall_answer(self, key: str) -> tuple[str, str] | None:
        sql = "SELECT request_hash, body FROM answers WHERE key = ? AND created_at >= ?"
        values = (key, _time_text(datetime.now(UTC) - _ANSWERS_KEPT))
        row = await self._file.read(lambda db: db.execute(sql, values).fetchone())
        return (row[0], row[1]) if row else None


def _last_seq(db: sqlite3.Connection, study_id: str) -> int:
    sql = "SELECT coalesce(max(seq), 0) FROM events WHERE study_id = ?"
    last: int = db.execute(sql, (study_id,)).fetchone()[0]
    return last


def _put_summary(db: sqlite3.Connection, summary: StudySummary) -> None:
    values = (
        summary.study_id,
        summary.seq,
        summary.active,
        _time_text(summary.created_at),
        summary.body,
    )
    db.execute("INSERT OR REPLACE INTO studies VALUES (?, ?, ?, ?, ?)", values)


def _event_row(study_id: str, event: Event) -> tuple[str, int, str, str, str, str]:
    data = canonical(event.data)
    return study_id, event.seq, _time_text(event.time), event.type.value, event.subject, data


def _event(row: tuple[int, str, str, str, str]) -> Event:
    seq, time, kind, subject, data = row
    return Event(seq, datetime.fromisoformat(time), EventType(kind), subject, json.loads(data))


def _dataset(row: tuple[str, bytes]) -> Dataset:
    created_at, body = row
    dataset = wire.dataset_from_proto(dataset_pb2.Dataset.FromString(body))
    return replace(dataset, created_at=datetime.fromisoformat(created_at))


def _time_text(time: datetime) -> str:
    # One width, so that text order is time order.
    return time.astimezone(UTC).isoformat(timespec="microseconds")
