"""The door to a LayerLab server."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import quote

from layerlab.client.documents import Dataset, read_dataset
from layerlab.client.studies import Source, Studies
from layerlab.client.transport import Transport

DEFAULT_URL: Final = "http://127.0.0.1:8080"
URL_VARIABLE: Final = "LAYERLAB_SERVER_URL"
_CHUNK_BYTES: Final = 2**20


class Client:
    """`with Client() as c:`; without `url` it is LAYERLAB_SERVER_URL, else 127.0.0.1:8080."""

    def __init__(self, url: str | None = None, *, timeout: float = 30.0) -> None:
        """:raises ValueError: when `url` is no http address."""
        self._transport = Transport(url or os.environ.get(URL_VARIABLE) or DEFAULT_URL, timeout)
        self.datasets = Datasets(self._transport)
        self.studies = Studies(self._transport, self.datasets.upload)

    @property
    def url(self) -> str:
        return self._transport.url

    def workers(self) -> dict[str, Any]:
        """`{workers: […], queue: {…}}`."""
        return self._transport.get("/v1/workers")

    def drain_worker(self, worker_id: str) -> dict[str, Any]:
        """Has a worker end the cohorts that it holds and take no more, until it is resumed or
        started anew; the worker as it is now.

        :raises NotFound: when it was not heard of in the last minute.
        """
        return self._transport.post(f"/v1/workers/{quote(worker_id, safe='')}:drain")

    def resume_worker(self, worker_id: str) -> dict[str, Any]:
        """Has it take cohorts again.

        :raises NotFound: when it was not heard of in the last minute.
        """
        return self._transport.post(f"/v1/workers/{quote(worker_id, safe='')}:resume")

    def queue(self) -> dict[str, Any]:
        """How much waits, how fast it goes, and its `history` of 15 minutes."""
        return self._transport.get("/v1/queue")

    def samples(self) -> list[dict[str, Any]]:
        """The real tables that come with the server: name, title, target, rows, source, …"""
        return list(self._transport.get("/v1/samples")["samples"])

    def sample(self, name: str) -> bytes:
        """The CSV of a sample, to upload like any other."""
        return self._transport.get_bytes(f"/v1/samples/{name}")

    def is_ready(self) -> bool:
        """Whether the server says that it takes work.

        :raises ServerUnreachable: when nobody answers.
        """
        return bool(self._transport.get("/readyz"))

    def close(self) -> None:
        self._transport.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Datasets:
    """Uploaded tables."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def upload(self, source: Source, name: str | None = None) -> Dataset:
        """Streams a CSV to the server; the same bytes give the same dataset.

        :raises RequestFailed: what is wrong with the table, and where; nothing is kept then.
        :raises OSError: when the file can't be read.
        """
        if isinstance(source, bytes):
            return self._send(iter((source,)), len(source), name or "table.csv")
        if isinstance(source, (str, os.PathLike)):
            path = Path(source)
            with path.open("rb") as file:
                return self._send(_chunks(file), path.stat().st_size, name or path.name)
        label = name or Path(str(getattr(source, "name", "table.csv"))).name
        return self._send(_chunks(source), None, label)

    def get(self, dataset_id: str) -> Dataset:
        """:raises NotFound:"""
        return read_dataset(self._transport.get(f"/v1/datasets/{dataset_id}"))

    def rows(self, dataset_id: str, limit: int = 50) -> dict[str, Any]:
        """`{columns, rows, total_size}`: the first rows, as text.

        :raises NotFound:
        :raises RequestFailed: for more than 200.
        """
        return self._transport.get(f"/v1/datasets/{dataset_id}/rows", {"limit": limit})

    def list(self) -> list[Dataset]:
        """Newest first."""
        return [read_dataset(each) for each in self._transport.get("/v1/datasets")["datasets"]]

    def _send(self, chunks: Iterable[bytes], size: int | None, name: str) -> Dataset:
        return read_dataset(
            self._transport.post_stream("/v1/datasets", chunks, size, {"name": name})
        )


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK_BYTES):
        yield chunk
