"""What ingest counts. No label is an id, so that the metrics stay few."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram

from layerlab.domain.dataset import Dataset, TableRows
from layerlab.domain.matrices import MatricesHeader, MatrixChunk, MatrixSpec, Part, Split
from layerlab.domain.problem import Problem
from layerlab.ports import Ingest

_SECONDS: Final = (0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300)


class MeasuredIngest:
    """An Ingest that counts what the one inside does, and how long that takes."""

    def __init__(self, ingest: Ingest, registry: CollectorRegistry | None = None) -> None:
        """`registry`: where it is shown; None: nowhere."""
        registry = registry or CollectorRegistry()
        self._ingest = ingest
        self._results = Counter(
            "layerlab_ingest_requests_total",
            "Requests, by what was asked and by what came of it: ok, cancelled, a problem's code.",
            ["operation", "result"],
            registry=registry,
        )
        self._durations = Histogram(
            "layerlab_ingest_request_duration_seconds",
            "From the request to the end of its answer, the client's pace included.",
            ["operation"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._bytes = Counter(
            "layerlab_ingest_uploaded_bytes_total", "Bytes of tables received.", registry=registry
        )

    async def store_dataset(self, name: str, chunks: AsyncIterator[bytes]) -> Dataset:
        async def counted() -> AsyncIterator[bytes]:
            async for chunk in chunks:
                self._bytes.inc(len(chunk))
                yield chunk

        with self._measured("store_dataset"):
            return await self._ingest.store_dataset(name, counted())

    async def fetch_matrices(
        self, spec: MatrixSpec, parts: Sequence[Part]
    ) -> AsyncIterator[MatricesHeader | MatrixChunk]:
        with self._measured("fetch_matrices"):
            async for message in self._ingest.fetch_matrices(spec, parts):
                yield message

    async def get_split(self, spec: MatrixSpec) -> Split:
        with self._measured("get_split"):
            return await self._ingest.get_split(spec)

    async def read_rows(self, dataset_id: str, limit: int) -> TableRows:
        with self._measured("read_rows"):
            return await self._ingest.read_rows(dataset_id, limit)

    @contextmanager
    def _measured(self, operation: str) -> Iterator[None]:
        started, result = time.monotonic(), "error"
        try:
            yield
            result = "ok"
        except Problem as problem:
            # A code is one of a few dozen words of ours.
            result = problem.code
            raise
        except (asyncio.CancelledError, GeneratorExit):
            result = "cancelled"
            raise
        finally:
            self._results.labels(operation, result).inc()
            self._durations.labels(operation).observe(time.monotonic() - started)
