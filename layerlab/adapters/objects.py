"""Datasets, matrices and models as objects: in a folder, or in what speaks S3."""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import IO, Final

import obstore
from obstore import exceptions
from obstore.store import LocalStore, ObjectStore, S3Store

from layerlab.adapters.durable_files import keep_bytes, keep_file
from layerlab.adapters.scratch import open_scratch
from layerlab.domain.problem import NotFound, Unavailable

_PART: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
# A part of an upload, and how many are under way: their product is the memory that it takes.
# S3 takes 10,000 parts, so this is enough for 50 GB.
_PART_BYTES: Final = 5 << 20
_PARTS_AT_A_TIME: Final = 3
# Long enough for a server that restarts; whoever waits is told after that, and tries again.
_PATIENCE: Final = timedelta(seconds=10)
_HINT: Final = "Try again in a moment; `layerlab doctor` says what is wrong."


class ObjectDatasetStore:
    """A DatasetStore in a bucket. Objects appear whole or not at all: S3 promises it."""

    def __init__(self, objects: ObjectStore, scratch: Path) -> None:
        """`scratch`: a local folder for what is being read."""
        self._objects = objects
        self._scratch = scratch

    async def put(self, name: str, source: Path) -> None:
        with source.open("rb") as file:
            await self._put(check_name(name), file)
        await asyncio.to_thread(source.unlink)

    async def put_bytes(self, name: str, body: bytes) -> None:
        await self._put(check_name(name), body)

    async def exists(self, name: str) -> bool:
        try:
            with _errors_as_problems():
                await self._objects.head_async(check_name(name))
        except FileNotFoundError:
            return False
        return True

    @asynccontextmanager
    async def open(self, name: str) -> AsyncIterator[Path]:
        async with open_scratch(self._scratch) as file:
            try:
                with _errors_as_problems():
                    found = await self._objects.get_async(check_name(name))
                    async for chunk in found.stream(_PART_BYTES):
                        await asyncio.to_thread(file.write, chunk)
            except FileNotFoundError:
                raise _no_such_file(name) from None
            await asyncio.to_thread(file.flush)
            yield Path(file.name)

    async def list_names(self, prefix: str) -> list[str]:
        # The store's own prefixes are whole parts of a path.
        folder = prefix.rpartition("/")[0]
        names: list[str] = []
        with _errors_as_problems():
            async for page in self._objects.list(folder or None):
                names += (each["path"] for each in page)
        return sorted(name for name in names if name.startswith(prefix) and _is_name(name))

    async def delete(self, name: str) -> None:
        with _errors_as_problems():
            try:
                await self._objects.delete_async(check_name(name))
            except FileNotFoundError:
                return

    async def _put(self, name: str, body: bytes | IO[bytes]) -> None:
        try:
            with _errors_as_problems():
                await obstore.put_async(
                    self._objects,
                    name,
                    body,
                    chunk_size=_PART_BYTES,
                    max_concurrency=_PARTS_AT_A_TIME,
                )
        except FileNotFoundError as error:
            raise Unavailable(
                "no_such_bucket",
                "The bucket for datasets does not exist.",
                hint="Make the bucket that LAYERLAB_DATASETS__URL names.",
            ) from error


class FileDatasetStore(ObjectDatasetStore):
    """In a folder that may be shared. What `put` has returned is on the disk, not in its cache."""

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True, exist_ok=True)
        super().__init__(LocalStore(root), root)
        self._root = root

    async def put(self, name: str, source: Path) -> None:
        # The library's own put copies, and leaves the bytes to the kernel: a power cut soon
        # after would leave an empty file.
        await asyncio.to_thread(keep_file, source, self._root / check_name(name))

    async def put_bytes(self, name: str, body: bytes) -> None:
        await asyncio.to_thread(keep_bytes, body, self._root / check_name(name))

    @asynccontextmanager
    async def open(self, name: str) -> AsyncIterator[Path]:
        if not await self.exists(name):
            raise _no_such_file(name)
        yield self._root / name


def open_bucket(url: str, scratch: Path | None = None) -> ObjectDatasetStore:
    """`s3://BUCKET/PREFIX`; the rest (endpoint, region, keys) is in the usual AWS_* variables.

    `scratch`: where downloads lie while they are read; None: where the system's are.
    """
    store = S3Store.from_url(
        url,
        client_options={
            # Options of ours make it forget the one that is in the environment.
            "allow_http": os.environ.get("AWS_ALLOW_HTTP", "").lower() in ("1", "true"),
            "connect_timeout": timedelta(seconds=5),
            "timeout": timedelta(seconds=60),
        },
        retry_config={"max_retries": 10, "retry_timeout": _PATIENCE},
    )
    return ObjectDatasetStore(store, scratch or Path(tempfile.gettempdir()))


def check_name(name: str) -> str:
    """:raises ValueError: names are ours, never a user's; this keeps it so."""
    if not _is_name(name):
        raise ValueError(f"not a name for a file: {name!r}")
    return name


def _is_name(name: str) -> bool:
    return all(_PART.fullmatch(part) for part in name.split("/"))


def _no_such_file(name: str) -> NotFound:
    return NotFound("no_such_file", f"There is no file {name}.")


@contextmanager
def _errors_as_problems() -> Iterator[None]:
    """:raises Unavailable: `dataset_store_refuses`, `dataset_store_unavailable`."""
    try:
        yield
    except (
        exceptions.PermissionDeniedError,
        exceptions.UnauthenticatedError,
        PermissionError,
    ) as error:
        problem = Unavailable(
            "dataset_store_refuses",
            "The store of datasets doesn't let this server in.",
            hint="Its operator has to look at the server's credentials; its log says more.",
        )
        raise _with_cause(problem, error) from error
    except exceptions.BaseError as error:
        problem = Unavailable(
            "dataset_store_unavailable", "The store of datasets can't be reached.", hint=_HINT
        )
        raise _with_cause(problem, error) from error


def _with_cause(problem: Unavailable, error: Exception) -> Unavailable:
    # For whoever reads a log; a client learns no addresses. The library appends a debug dump.
    problem.add_note(str(error).partition("\n\nDebug source")[0])
    return problem
