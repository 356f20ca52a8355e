"""Adapters by URL. Only a `__main__` calls these: nothing else knows which technology it uses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from layerlab.adapters.files import FileDatasetStore
from layerlab.adapters.memory import MemoryJobQueue
from layerlab.adapters.sqlite import open_sqlite
from layerlab.ports import DatasetStore, JobQueue, RunStore


class UnknownUrl(ValueError):
    """A setting names a technology that this version has no adapter for."""


@asynccontextmanager
async def open_job_queue(url: str) -> AsyncIterator[JobQueue]:
    """`memory:`.

    :raises UnknownUrl: for any other scheme.
    """
    if urlsplit(url).scheme != "memory":
        raise UnknownUrl(f"LAYERLAB_BROKER__URL: {_scheme(url)} is not `memory:`")
    yield MemoryJobQueue()


def open_run_store(url: str) -> AbstractAsyncContextManager[RunStore]:
    """`sqlite:///PATH`, relative; `sqlite:////PATH`, absolute.

    :raises UnknownUrl: for any other scheme.
    """
    if urlsplit(url).scheme != "sqlite":
        raise UnknownUrl(f"LAYERLAB_STORE__URL: {_scheme(url)} is not `sqlite:///PATH`")
    return open_sqlite(Path(unquote(urlsplit(url).path.removeprefix("/"))))


def open_dataset_store(url: str) -> DatasetStore:
    """`file:///PATH`, absolute.

    :raises UnknownUrl: for any other scheme.
    """
    if urlsplit(url).scheme != "file":
        raise UnknownUrl(f"LAYERLAB_DATASETS__URL: {_scheme(url)} is not `file:///PATH`")
    return FileDatasetStore(Path(unquote(urlsplit(url).path)))


def _scheme(url: str) -> str:
    # Never the whole URL: it may hold a password.
    return f"`{urlsplit(url).scheme}:`"
