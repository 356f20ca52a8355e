"""Local files for the time of a download, removed afterwards, also those of a killed process."""

from __future__ import annotations

import asyncio
import fcntl
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import IO, Final

_PREFIX: Final = "layerlab-download-"
# A file is locked a moment after it was made; nobody takes it for abandoned in that moment.
_YOUNG_SECONDS: Final = 60.0


@asynccontextmanager
async def open_scratch(folder: Path) -> AsyncIterator[IO[bytes]]:
    """An empty file in `folder`, open for writing, that is gone when the context ends."""
    file = await asyncio.to_thread(_make, folder)
    try:
        yield file
    finally:
        await asyncio.to_thread(_remove, file)


def _make(folder: Path) -> IO[bytes]:
    folder.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(folder)
    file = tempfile.NamedTemporaryFile(prefix=_PREFIX, dir=folder, delete=False)  # noqa: SIM115
    # It dies with its process, however that ends.
    fcntl.flock(file, fcntl.LOCK_EX)
    return file


def _remove(file: IO[bytes]) -> None:
    Path(file.name).unlink(missing_ok=True)
    file.close()


def _remove_abandoned(folder: Path) -> None:
    for path in folder.glob(_PREFIX + "*"):
        # Somebody else may be faster.
        with suppress(FileNotFoundError, BlockingIOError):
            if time.time() - path.stat().st_mtime < _YOUNG_SECONDS:
                continue
            with path.open() as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
