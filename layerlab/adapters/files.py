"""Datasets, matrices and models as files in one folder."""

from __future__ import annotations

import asyncio
import errno
import os
import re
import shutil
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from layerlab.domain.problem import NotFound, OutOfSpace

_PART: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
_TEMPORARY: Final = ".new-"


class FileDatasetStore:
    """A DatasetStore below `root`. A file appears under its name only when it is whole on disk."""

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self._root = root

    async def put(self, name: str, source: Path) -> None:
        await asyncio.to_thread(self._put, self._path(name), source)

    async def put_bytes(self, name: str, body: bytes) -> None:
        await asyncio.to_thread(self._put, self._path(name), body)

    async def exists(self, name: str) -> bool:
        return await asyncio.to_thread(self._path(name).is_file)

    @asynccontextmanager
    async def open(self, name: str) -> AsyncIterator[Path]:
        path = self._path(name)
        if not await asyncio.to_thread(path.is_file):
            raise NotFound("no_such_file", f"There is no file {name}.")
        yield path

    async def list_names(self, prefix: str) -> list[str]:
        return await asyncio.to_thread(self._list, prefix)

    async def delete(self, name: str) -> None:
        await asyncio.to_thread(self._path(name).unlink, missing_ok=True)

    def _path(self, name: str) -> Path:
        # Names are ours, never a user's; this keeps it so.
        if not all(_PART.fullmatch(part) for part in name.split("/")):
            raise ValueError(f"not a name for a file: {name!r}")
        return self._root / name

    def _list(self, prefix: str) -> list[str]:
        names = (
            path.relative_to(self._root).as_posix()
            for path in self._root.rglob("*")
            if path.is_file() and not path.name.startswith(_TEMPORARY)
        )
        return sorted(name for name in names if name.startswith(prefix))

    def _put(self, path: Path, source: Path | bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(_TEMPORARY + uuid.uuid4().hex)
        try:
            if isinstance(source, bytes):
                temporary.write_bytes(source)
            else:
                _move(source, temporary)
            _sync(temporary)
            temporary.replace(path)
            _sync(path.parent)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise OutOfSpace(
                    "disk_full",
                    "There is no space left to keep this; nothing was kept.",
                    hint="Free some disk space and try again.",
                ) from error
            raise


def _move(source: Path, target: Path) -> None:
    try:
        source.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        shutil.copyfile(source, target)
        source.unlink()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
