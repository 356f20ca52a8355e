"""One SQLite file for many tasks: one writer, write-ahead log, commits in groups."""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeAlias, TypeVar

from layerlab.adapters.refusals import NewerSchema
from layerlab.domain.problem import Unavailable

T = TypeVar("T")
Work: TypeAlias = Callable[[sqlite3.Connection], T]

_GROUP: Final = 256


class SqliteFile:
    """Writes of many callers share a commit, since a commit waits for the disk."""

    def __init__(self, path: Path, synchronous: str = "FULL") -> None:
        """`synchronous` is SQLite's: with FULL, a commit survives a power cut too."""
        self._path, self._synchronous = path, synchronous
        self._writes: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write_loop, name="sqlite-writer", daemon=True)
        self._readers = ThreadPoolExecutor(2, "sqlite-reader")
        self._local = threading.local()
        self._opened: list[sqlite3.Connection] = []

    def start(self, schema: str, version: int) -> None:
        """Makes what `schema` says where it is missing.

        :raises NewerSchema: when the file was written by a later version.
        """
        connection = self._connect()
        found = connection.execute("PRAGMA user_version").fetchone()[0]
        if found > version:
            raise NewerSchema(f"{self._path} was written by a newer LayerLab (schema {found})")
        connection.executescript(schema)
        connection.execute(f"PRAGMA user_version = {version}")
        connection.close()
        self._writer.start()

    def close(self) -> None:
        """Returns after the last write."""
        self._writes.put(None)
        self._writer.join()
        self._readers.shutdown()
        for connection in self._opened:
            connection.close()

    async def read(self, work: Work[T]) -> T:
        """:raises Unavailable: when the file can't be read."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._readers, lambda: work(self._reader()))
        except sqlite3.OperationalError as error:
            raise Unavailable("store_unavailable", f"The ledger can't be read: {error}.") from error

    async def write(self, work: Work[T]) -> T:
        """Returns when the work is durable; a work that raises changes nothing.

        :raises Unavailable: when the file can't be written.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        self._writes.put(_Write(work, done, loop))
        # Shielded: a caller that is cancelled doesn't undo what may be written already.
        return await asyncio.shield(done)

    def _reader(self) -> sqlite3.Connection:
        if not hasattr(self._local, "connection"):
            self._local.connection = self._connect()
            self._opened.append(self._local.connection)
        connection: sqlite3.Connection = self._local.connection
        return connection

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, timeout=10, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {self._synchronous}")
        return connection

    def _write_loop(self) -> None:
        connection = self._connect()
        closing = False
        while not closing:
            group = [self._writes.get()]
            while len(group) < _GROUP and not self._writes.empty():
                group.append(self._writes.get())
            closing = None in group
            _commit_group(connection, [write for write in group if write is not None])
        connection.close()


class _Write:
    def __init__(
        self, work: Work[T], done: asyncio.Future[T], loop: asyncio.AbstractEventLoop
    ) -> None:
        self.work: Work[object] = work
        self._done: asyncio.Future[T] = done
        self._loop = loop
        self.result: object = None
        self.error: BaseException | None = None

    def settle(self) -> None:
        def settle() -> None:
            if self._done.cancelled():
                return
            if self.error is not None:
                self._done.set_exception(self.error)
            else:
                self._done.set_result(self.result)  # type: ignore[arg-type]  # The work's own result.

        # A loop that is closed has nobody left who waits.
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(settle)


def _commit_group(db: sqlite3.Connection, group: list[_Write]) -> None:
    """All writes in one transaction; one that fails undoes itself alone."""
    if not group:
        return
    try:
        db.execute("BEGIN IMMEDIATE")
        for write in group:
            _run(db, write)
        db.execute("COMMIT")
    except sqlite3.Error as error:
        if db.in_transaction:
            db.execute("ROLLBACK")
        for write in group:
            write.error = Unavailable("store_unavailable", f"The ledger can't be written: {error}.")
    for write in group:
        write.settle()


def _run(db: sqlite3.Connection, write: _Write) -> None:
    db.execute("SAVEPOINT one")
    try:
        write.result = write.work(db)
    except sqlite3.OperationalError:
        # The disk, not this write: the whole group fails.
        raise
    except Exception as error:
        db.execute("ROLLBACK TO one")
        write.error = error
    db.execute("RELEASE one")
