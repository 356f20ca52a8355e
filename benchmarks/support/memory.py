"""The memory of processes that belong together, wherever they have put themselves."""

from __future__ import annotations

import os
import signal
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

_VARIABLE: Final = "LAYERLAB_BENCHMARK_FAMILY"
_EVERY_SECONDS: Final = 0.5


class Family:
    """All processes that have inherited an environment variable: children, and theirs.

    Ray's processes leave the session and the process group of who starts them, but not this.
    """

    def __init__(self) -> None:
        self._mark = f"{_VARIABLE}={uuid.uuid4().hex}"
        self._lock = threading.Lock()
        self._peak = self._largest = 0

    @property
    def environment(self) -> dict[str, str]:
        """To be given to the first process of the family."""
        name, _, value = self._mark.partition("=")
        return {name: value}

    def pids(self) -> list[int]:
        return [int(each) for each in os.listdir("/proc") if each.isdecimal() and self._has(each)]

    def kill(self) -> None:
        for pid in self.pids():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def take_peak(self) -> tuple[int, int]:
        """Bytes at most since this was last asked: of all together, and of the largest process."""
        with self._lock:
            peak, self._peak, self._largest = (self._peak, self._largest), 0, 0
        return peak

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Looks twice a second."""
        done = threading.Event()

        def look() -> None:
            while not done.wait(_EVERY_SECONDS):
                sizes = [_pss(pid) for pid in self.pids()]
                with self._lock:
                    self._peak = max(self._peak, sum(sizes))
                    self._largest = max(self._largest, max(sizes, default=0))

        thread = threading.Thread(target=look, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def _has(self, pid: str) -> bool:
        try:
            environment = Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:
            return False  # It has ended, or belongs to somebody else.
        return self._mark.encode() in environment.split(b"\0")


def _pss(pid: int) -> int:
    """Bytes in memory; a page that n processes share counts as 1/n of a page."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    lines = (each.split() for each in rollup.splitlines() if each.startswith("Pss:"))
    return next((int(words[1]) * 1024 for words in lines), 0)
