"""What the kernel says of a session: of a process and everything that it has started."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_GONE_SECONDS: Final = 20.0
_TICKS_PER_SECOND: Final = os.sysconf("SC_CLK_TCK")

# Places in /proc/PID/stat, from the state on; see proc(5).
_STATE, _SESSION, _USER_TICKS, _SYSTEM_TICKS = 0, 3, 11, 12


def members(session: int) -> list[int]:
    """The living processes of a session, by its leader's id."""
    return [pid for pid, fields in _stats(session) if fields[_STATE] != "Z"]


def wait_until_gone(session: int) -> list[int]:
    """Who of a session is left after a patient wait."""
    deadline = time.monotonic() + _GONE_SECONDS
    while (left := members(session)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


def cpu_seconds(session: int) -> float:
    """User and system time of those of a session who are still there."""
    ticks = sum(
        int(fields[_USER_TICKS]) + int(fields[_SYSTEM_TICKS]) for _, fields in _stats(session)
    )
    return ticks / _TICKS_PER_SECOND


def resident_bytes(pid: int) -> int:
    """Memory of one process, with what it shares."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(each for each in status.splitlines() if each.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024


def _stats(session: int) -> Iterator[tuple[int, list[str]]]:
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            # A process's name, in parentheses, may have spaces in it.
            fields = entry.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue  # It has ended meanwhile.
        if int(fields[_SESSION]) == session:
            yield int(entry.parent.name), fields
