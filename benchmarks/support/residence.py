"""What processes hold in memory: what is theirs alone, and what of files could be dropped."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.support.memory import Family

_EVERY_SECONDS: Final = 0.1
_ROLES: Final = {
    "services.ingest.child": "a child of ingest",
    "services.trainer.child": "a child of a trainer",
}


@dataclass(slots=True)
class Peaks:
    """Bytes of one process at most, each at its own time.

    `anonymous`: what only swap could take. `file`: pages of mapped files, which the system drops
    when it wants the memory. `resident`: both together.
    """

    anonymous: int = 0
    file: int = 0
    resident: int = 0


@contextmanager
def watched_peaks(family: Family, look: Callable[[], None]) -> Iterator[dict[str, Peaks]]:
    """The largest process of each role, looked for ten times a second, when `look` is called."""
    peaks: dict[str, Peaks] = {}
    done = threading.Event()

    def watch() -> None:
        while not done.wait(_EVERY_SECONDS):
            look()
            for pid in family.pids():
                _note(peaks, pid)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield peaks
    finally:
        done.set()
        thread.join()


def _note(peaks: dict[str, Peaks], pid: int) -> None:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return  # It has ended.
    lines = (line.split() for line in status.splitlines())
    sizes = {line[0]: int(line[1]) * 1024 for line in lines if line and line[0] in _FIELDS}
    if not sizes:
        return  # It is ending.
    peak = peaks.setdefault(_role(words), Peaks())
    peak.anonymous = max(peak.anonymous, sizes["RssAnon:"] + sizes["RssShmem:"])
    peak.file = max(peak.file, sizes["RssFile:"])
    peak.resident = max(peak.resident, sizes["VmRSS:"])


_FIELDS: Final = ("RssAnon:", "RssFile:", "RssShmem:", "VmRSS:")


def _role(words: list[str]) -> str:
    return next((role for module, role in _ROLES.items() if module in words), "layerlab up")
