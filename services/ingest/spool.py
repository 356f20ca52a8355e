"""Folders for work under way, removed afterwards, also those of a process that was killed."""

from __future__ import annotations

import asyncio
import fcntl
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

_PREFIX: Final = "ingest-"
_LOCK: Final = "lock"


class Spool:
    """Below `root`, which several processes may share, and which may be a shared folder."""

    def __init__(self, root: Path, home: Path) -> None:
        self._root = root
        self._home = home

    @asynccontextmanager
    async def folder(self) -> AsyncIterator[Path]:
        """An empty folder that is gone when the context ends."""
        path = Path(await asyncio.to_thread(tempfile.mkdtemp, dir=self._home))
        try:
            yield path
        finally:
            await asyncio.to_thread(shutil.rmtree, path, ignore_errors=True)


@asynccontextmanager
async def open_spool(root: Path) -> AsyncIterator[Spool]:
    """Makes this process a folder of its own, and removes those whose owners are gone.

    A lock that dies with its process says who lives: unlike a process number, it is never reused.
    """
    home = await asyncio.to_thread(_make_home, root)
    with (home / _LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            await asyncio.to_thread(_remove_abandoned, root, home)
            yield Spool(root, home)
        finally:
            await asyncio.to_thread(shutil.rmtree, home, ignore_errors=True)


def _make_home(root: Path) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=_PREFIX, dir=root))


def _remove_abandoned(root: Path, home: Path) -> None:
    for other in root.glob(_PREFIX + "*"):
        if other == home or not (other / _LOCK).exists():
            continue
        with (other / _LOCK).open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            shutil.rmtree(other, ignore_errors=True)
