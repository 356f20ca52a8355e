"""Adapters by URL. Only a `__main__` calls these: nothing else knows which technology it uses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from layerlab.adapters.memory import MemoryEventFeed, MemoryJobQueue
from layerlab.adapters.sqlite import open_sqlite
from layerlab.ports import DatasetStore, EventFeed, JobQueue, RunStore


class UnknownUrl(ValueError):
    """A setting names a technology that this version has no adapter for."""


@asynccontextmanager
async def open_job_queue(url: str, client: str = "layerlab") -> AsyncIterator[JobQueue]:
    """`memory:`, or `amqp://USER:PASSWORD@HOST:PORT/VHOST`, likewise `amqps:`.

    `client`: the name of the service, which a broker shows to its operators.

    :raises UnknownUrl: for any other scheme, and for a URL that can't be read.
    """
    match urlsplit(url).scheme:
        case "memory":
            yield MemoryJobQueue()
        case "amqp" | "amqps":
            # Not every service that opens something has aio-pika.
            from layerlab.adapters.rabbitmq import open_rabbitmq

            try:
                opened = open_rabbitmq(url, client)
            except ValueError as error:
                raise UnknownUrl(str(error)) from None
            async with opened as queue:
                yield queue
        case _:
            raise UnknownUrl(
                f"LAYERLAB_BROKER__URL: {_scheme(url)} is not `memory:`, `amqp:` or `amqps:`"
            )


def open_run_store(url: str) -> AbstractAsyncContextManager[RunStore]:
    """`sqlite:///PATH`, relative; `sqlite:////PATH`, absolute;
    `mongodb://USER:PASSWORD@HOST:PORT/DATABASE?replicaSet=NAME`, likewise `mongodb+srv:`.

    :raises UnknownUrl: for any other scheme, and for a URL that can't be read.
    """
    match urlsplit(url).scheme:
        case "sqlite":
            return open_sqlite(Path(unquote(urlsplit(url).path.removeprefix("/"))))
        case "mongodb" | "mongodb+srv":
            # Only the gateway has motor.
            from layerlab.adapters.mongo import open_mongo

            try:
                return open_mongo(url)
            except ValueError as error:
                raise UnknownUrl(str(error)) from None
        case _:
            raise UnknownUrl(
                f"LAYERLAB_STORE__URL: {_scheme(url)} is not `sqlite:///PATH` or `mongodb:`"
            )


@asynccontextmanager
async def open_event_feed(store_url: str) -> AsyncIterator[EventFeed]:
    """What tells of events in the store at `store_url`, whichever gateway has written them.

    A file is written by one gateway alone, which tells its own readers.
    """
    if urlsplit(store_url).scheme not in ("mongodb", "mongodb+srv"):
        yield MemoryEventFeed()
        return
    # Only the gateway has motor.
    from layerlab.adapters.mongo_feed import open_mongo_feed

    async with open_mongo_feed(store_url) as feed:
        yield feed


def open_dataset_store(url: str, scratch: Path | None = None) -> DatasetStore:
    """`file:///PATH`, absolute, which services may share; `s3://BUCKET/PREFIX`.

    `scratch`: where files of a bucket lie while they are read; None: where temporary files do.

    :raises UnknownUrl: for any other scheme, and for a URL that can't be read.
    """
    # Only those that keep files have obstore.
    from layerlab.adapters.objects import FileDatasetStore, open_bucket

    place = urlsplit(url)
    path = unquote(place.path)
    if place.scheme == "file" and path.startswith("/") and not place.netloc:
        return FileDatasetStore(Path(path))
    if place.scheme == "s3" and place.hostname:
        return open_bucket(url, scratch)
    raise UnknownUrl(
        f"LAYERLAB_DATASETS__URL: {_scheme(url)} is not `file:///PATH` or `s3://BUCKET/PREFIX`"
    )


def _scheme(url: str) -> str:
    # Never the whole URL: it may hold a password.
    return f"`{urlsplit(url).scheme}:`"
