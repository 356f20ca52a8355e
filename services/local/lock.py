"""One server to a data folder."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

_LOCK_NAME: Final = "server.lock"


class FolderInUse(Exception):
    """Another server has this data folder."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has, or had, a data folder. `url` and `grpc` are empty until it is ready."""

    pid: int
    url: str = ""
    grpc: str = ""


class FolderLock:
    """Held until the process ends, however it ends: the kernel lets go of it, not we."""

    def __init__(self, file: int) -> None:
        self._file = file

    def announce(self, url: str = "", grpc: str = "") -> None:
        """Says who holds the folder, and where it answers, to whoever comes second."""
        text = json.dumps(asdict(Holder(os.getpid(), url, grpc)))
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, text.encode(), 0)


@contextmanager
def folder_lock(data_dir: Path) -> Iterator[FolderLock]:
    """:raises FolderInUse: saying by which process, and where it answers."""
    # Not truncated on opening: what the holder wrote must stay readable.
    file = os.open(data_dir / _LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise FolderInUse(_refusal(data_dir)) from error
        lock = FolderLock(file)
        lock.announce()
        yield lock
    finally:
        os.close(file)


def read_lock(data_dir: Path) -> Holder | None:
    """What the last holder wrote; None when there is nothing, or only half of it."""
    try:
        said = json.loads((data_dir / _LOCK_NAME).read_text())
        return Holder(int(said["pid"]), str(said["url"]), str(said["grpc"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _refusal(data_dir: Path) -> str:
    holder = read_lock(data_dir)
    if holder is None:
        return f"{data_dir} is in use by another server."
    where = f" at {holder.url}" if holder.url else ""
    return f"{data_dir} is in use by the server{where} (process {holder.pid})."
