"""Datasets and matrices, made once and kept: what the gateway and the trainers ask for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from weakref import WeakValueDictionary

import structlog

from layerlab.domain.dataset import Dataset, TableRows
from layerlab.domain.matrices import MatricesHeader, MatrixChunk, MatrixSpec, Part, Split
from layerlab.domain.problem import InvalidInput, NotFound, TooLarge, Unavailable
from layerlab.domain.split_check import check_split
from layerlab.domain.target import check_target
from services.ingest.documents import dataset_from_json, dataset_to_json, spec_to_json
from services.ingest.library import Library, matrices_name
from services.ingest.limits import MAX_BYTES, MAX_SPLIT_ROWS
from services.ingest.receiving import Received, receive
from services.ingest.repeats import partition_of, prepared_together
from services.ingest.sandbox import Sandbox
from services.ingest.shelf import Shelf
from services.ingest.spool import Spool

log = structlog.get_logger()

CHUNK_BYTES: Final = 1024**2
_MAX_DISPLAY_NAME: Final = 200


class TableIngest:
    """An Ingest. Whatever reads a user's bytes does so in a child process."""

    def __init__(
        self,
        library: Library,
        spool: Spool,
        sandbox: Sandbox,
        max_bytes: int = MAX_BYTES,
        shelf: Shelf | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._library = library
        self._spool = spool
        self._sandbox = sandbox
        self._max_bytes = max_bytes
        self._now = now
        self._shelf = shelf or Shelf(library)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def store_dataset(self, name: str, chunks: AsyncIterator[bytes]) -> Dataset:
        """Bytes that were stored before are recognized by their hash, and not parsed again."""
        name = name[:_MAX_DISPLAY_NAME]
        async with self._spool.folder() as folder:
            received = await receive(chunks, folder / "raw.csv", self._max_bytes)
            async with self._alone(received.sha256):
                known = await self._library.find_dataset(received.sha256)
                if known is not None:
                    return replace(known, name=name)
                dataset = await self._parse(name, received, folder)
                await self._library.keep_dataset(received.sha256, folder)
        log.info("dataset stored", dataset_id=dataset.dataset_id, rows=dataset.rows)
        return dataset

    async def fetch_matrices(
        self, spec: MatrixSpec, parts: Sequence[Part]
    ) -> AsyncIterator[MatricesHeader | MatrixChunk]:
        """The test part is sent only when `parts` names it, and of repeat 0 alone.

        :raises InvalidInput: `no_test_part`, and whatever is wrong with `spec`.
        """
        if spec.repeat and Part.TEST in parts:
            raise InvalidInput(
                "no_test_part",
                "Test rows are touched by models of repeat 0 alone, so no other has them prepared.",
                hint="Ask for the test part with repeat 0.",
                field="parts",
            )
        name = matrices_name(spec)
        with self._shelf.reading(name):
            yield await self._prepared(spec)
            for part in parts:
                for array in ("x", "y"):
                    async for data in self._library.read_array(name, part, array, CHUNK_BYTES):
                        yield MatrixChunk(part, array, data)

    async def get_split(self, spec: MatrixSpec) -> Split:
        """:raises TooLarge: `split_too_large`: more rows than one answer can name."""
        name = matrices_name(spec)
        with self._shelf.reading(name):
            self._check_listable(await self._prepared(spec))
            return await self._library.read_split(name)

    async def read_rows(self, dataset_id: str, limit: int) -> TableRows:
        """:raises NotFound: `no_such_dataset`."""
        dataset = await self._dataset(dataset_id)
        rows = await self._library.find_rows(dataset_id)
        if rows is None:
            async with self._alone(dataset_id):
                rows = await self._library.find_rows(dataset_id) or await self._first_rows(dataset)
        names = tuple(column.name for column in dataset.columns)
        return TableRows(names, tuple(map(tuple, rows[:limit])), dataset.rows)

    @staticmethod
    def _check_listable(header: MatricesHeader) -> None:
        rows = header.n_train + header.n_validation + header.n_test
        if rows > MAX_SPLIT_ROWS:
            raise TooLarge(
                "split_too_large",
                f"The split has {rows:,} rows; at most {MAX_SPLIT_ROWS:,} can be listed.",
                hint="Upload a sample of the rows.",
                extra={"limit": MAX_SPLIT_ROWS, "rows": rows},
            )

    async def _prepared(self, spec: MatrixSpec) -> MatricesHeader:
        name = matrices_name(spec)
        header = await self._library.find_header(name)
        if header is not None:
            return header
        # Whoever asks while another prepares the same, or its partition, waits for that.
        async with self._alone(matrices_name(partition_of(spec)[0])):
            header = await self._library.find_header(name)
            if header is None:
                await self._prepare(spec)
                header = await self._library.find_header(name)
        if header is None:
            raise Unavailable("matrices_lost", "These matrices were removed as soon as prepared.")
        return header

    async def _prepare(self, spec: MatrixSpec) -> None:
        dataset = await self._dataset(spec.dataset_id)
        check_target(dataset, spec.target, spec.task, spec.column_kinds)
        resampled = spec.repeat > 0
        check_split(dataset, spec.split, spec.target, spec.column_kinds, resampled)
        together = prepared_together(spec, dataset)
        try:
            await self._prepare_all(together, dataset)
        except InvalidInput:
            if len(together) == 1:
                raise
            # Another fold may be to blame.
            await self._prepare_all([spec], dataset)
        if resampled:
            await self._shelf.tidy([matrices_name(each) for each in together])

    async def _first_rows(self, dataset: Dataset) -> list[list[str]]:
        """Of a table from before they were kept."""
        dataset_id = dataset.dataset_id
        async with (
            self._spool.folder() as folder,
            self._library.open_table(dataset_id) as table,
        ):
            width = len(dataset.columns)
            await self._sandbox.run(
                {"command": "head", "folder": str(folder), "table": str(table), "width": width},
                failure_code="unreadable",
            )
            await self._library.keep_rows(dataset_id, folder)
        return await self._library.find_rows(dataset_id) or []

    async def _dataset(self, dataset_id: str) -> Dataset:
        dataset = await self._library.find_dataset(dataset_id)
        if dataset is None:
            raise NotFound("no_such_dataset", f"There is no dataset {dataset_id!r}.")
        return dataset

    async def _prepare_all(self, specs: Sequence[MatrixSpec], dataset: Dataset) -> None:
        """`specs` differ in nothing but the repeat."""
        spec = specs[0]
        async with (
            self._spool.folder() as folder,
            self._library.open_table(spec.dataset_id) as table,
        ):
            await self._sandbox.run(
                {
                    "command": "prepare",
                    "folder": str(folder),
                    "table": str(table),
                    "dataset": dataset_to_json(dataset),
                    "spec": spec_to_json(spec),
                    "repeats": [each.repeat for each in specs],
                },
                failure_code="preparation_failed",
                table_bytes=dataset.size_bytes,
            )
            for each in specs:
                await self._library.keep_matrices(matrices_name(each), folder / str(each.repeat))
        repeats = [each.repeat for each in specs]
        log.info("matrices prepared", dataset_id=spec.dataset_id, repeats=repeats)

    async def _parse(self, name: str, received: Received, folder: Path) -> Dataset:
        await self._sandbox.run(
            {
                "command": "parse",
                "folder": str(folder),
                "source": str(folder / "raw.csv"),
                "dataset_id": received.sha256,
                "name": name,
                "size_bytes": received.size_bytes,
                "received_at": self._now().isoformat(),
            },
            failure_code="unparseable",
            table_bytes=received.size_bytes,
        )
        profile = await asyncio.to_thread((folder / "profile.json").read_bytes)
        return dataset_from_json(json.loads(profile))

    @asynccontextmanager
    async def _alone(self, key: str) -> AsyncIterator[None]:
        """One at a time per key; the lock goes when its last user does."""
        lock = self._locks.setdefault(key, asyncio.Lock())
        async with lock:
            yield
