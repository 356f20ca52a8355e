"""The door to a LayerLab server."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import IO, Any, Final, TypeAlias
from uuid import uuid4

from layerlab.client.documents import Dataset, read_dataset
from layerlab.client.durations import seconds_of
from layerlab.client.study import Study
from layerlab.client.transport import Transport

DEFAULT_URL: Final = "http://127.0.0.1:8080"
URL_VARIABLE: Final = "LAYERLAB_SERVER_URL"
_CHUNK_BYTES: Final = 2**20
_DATASET_ID_LENGTH: Final = 64

Source: TypeAlias = str | os.PathLike[str] | bytes | IO[bytes]
"""A path to a CSV, its bytes, or a file open for reading bytes."""


class Client:
    """`with Client() as c:`; without `url` it is LAYERLAB_SERVER_URL, else 127.0.0.1:8080."""

    def __init__(self, url: str | None = None, *, timeout: float = 30.0) -> None:
        """:raises ValueError: when `url` is no http address."""
        self._transport = Transport(url or os.environ.get(URL_VARIABLE) or DEFAULT_URL, timeout)
        self.datasets = Datasets(self._transport)
        self.studies = Studies(self._transport, self.datasets)

    @property
    def url(self) -> str:
        return self._transport.url

    def workers(self) -> dict[str, Any]:
        """`{workers: […], queue: {…}}`."""
        return self._transport.get("/v1/workers")

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

    def list(self) -> list[Dataset]:
        """Newest first."""
        return [read_dataset(each) for each in self._transport.get("/v1/datasets")["datasets"]]

    def _send(self, chunks: Iterable[bytes], size: int | None, name: str) -> Dataset:
        return read_dataset(
            self._transport.post_stream("/v1/datasets", chunks, size, {"name": name})
        )


class Studies:
    """Searches over network designs."""

    def __init__(self, transport: Transport, datasets: Datasets) -> None:
        self._transport = transport
        self._datasets = datasets

    def create(
        self,
        source: Source | Dataset,
        target: str,
        *,
        name: str | None = None,
        task: str | None = None,
        preset: str | None = None,
        space: Mapping[str, Any] | None = None,
        search: str | None = None,
        recipe: str | None = None,
        engine: str | None = None,
        seed: int | None = None,
        column_kinds: Mapping[str, str] | None = None,
        time_budget: str | float | timedelta | None = None,
        max_trials: int | None = None,
        max_epochs: int | None = None,
        halving: str | Mapping[str, int] | None = None,
        idempotency_key: str | None = None,
    ) -> Study:
        """Starts a study of `source`: a dataset, its id, or a CSV, which is uploaded first.

        `time_budget` is seconds, or text such as "10m". `halving` is "auto", "off", or a rule such
        as {"factor": 3, "min_epochs": 1}. What is left out is the server's choice.

        :raises RequestFailed: what is wrong with the table or the request, and what to do.
        """
        request = {
            "dataset_id": self._dataset_id(source),
            "target": target,
            "name": name,
            "task": task,
            "preset": preset,
            "space": dict(space) if space is not None else None,
            "search": search,
            "recipe": recipe,
            "engine": engine,
            "seed": seed,
            "column_kinds": dict(column_kinds) if column_kinds else None,
            "halving": dict(halving) if isinstance(halving, Mapping) else halving,
            "budget": _given(
                max_trials=max_trials,
                max_epochs=max_epochs,
                time_seconds=None if time_budget is None else seconds_of(time_budget),
            ),
        }
        key = idempotency_key or str(uuid4())
        return Study(self._transport, self._transport.post("/v1/studies", _given(**request), key))

    def get(self, study_id: str) -> Study:
        """:raises NotFound:"""
        return Study(self._transport, self._transport.get(f"/v1/studies/{study_id}"))

    def list(self) -> Iterator[Study]:
        """Newest first, page after page."""
        token = None
        while True:
            page = self._transport.get("/v1/studies", {"page_token": token})
            for document in page["studies"]:
                yield Study(self._transport, document)
            token = page.get("next_page_token")
            if not token:
                return

    def _dataset_id(self, source: Source | Dataset) -> str:
        if isinstance(source, Dataset):
            return source.dataset_id
        if isinstance(source, str) and is_dataset_id(source):
            return source
        return self._datasets.upload(source).dataset_id


def is_dataset_id(text: str) -> bool:
    """A lower-case hex SHA-256, which no path in real life looks like."""
    return len(text) == _DATASET_ID_LENGTH and set(text) <= set("0123456789abcdef")


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK_BYTES):
        yield chunk


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, {})}
