"""Memory: what this process has used at its peak, and what is left for it to use.

From Linux's /proc and control groups; what can't be read there is unknown, and limits nothing.
"""

from __future__ import annotations

import resource
from contextlib import suppress
from pathlib import Path
from typing import Final

_STATUS: Final = Path("/proc/self/status")
_KIB: Final = 1024
# `echo 5 > /proc/PID/clear_refs` sets the peak back: proc(5).
_RESET_PEAK: Final = "5"


class PeakMemory:
    """Resident bytes of this process beyond those that it had when this was made."""

    def __init__(self) -> None:
        self._idle = _status("VmRSS")

    def reset(self) -> bool:
        """Forgets the peaks before; False where the system can't."""
        try:
            Path("/proc/self/clear_refs").write_text(_RESET_PEAK)
        except OSError:
            return False
        return True

    def read(self) -> int | None:
        """Since the last reset; None where the system doesn't tell."""
        peak = _status("VmHWM")
        return None if peak is None or self._idle is None else max(0, peak - self._idle)


def available_bytes(
    proc: Path = Path("/proc"), groups: Path = Path("/sys/fs/cgroup")
) -> int | None:
    """The least of what the machine, the control group and the process's own limit leave.

    None: nothing says how much. Pages of files that could be dropped count as available.
    """
    left = [_machine_bytes(proc), _group_bytes(proc, groups), _address_space_bytes()]
    return min((each for each in left if each is not None), default=None)


def _machine_bytes(proc: Path) -> int | None:
    return _field(proc / "meminfo", "MemAvailable")


def _address_space_bytes() -> int | None:
    """Of RLIMIT_AS, which counts what is reserved, used or not."""
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    used = _status("VmSize")
    if limit == resource.RLIM_INFINITY or used is None:
        return None
    return max(0, limit - used)


def _group_bytes(proc: Path, groups: Path) -> int | None:
    """Of the process's control group and all those that it is part of."""
    left = [
        each
        for folder, names in _groups(proc, groups)
        for group in (folder, *folder.parents)
        if group.is_relative_to(groups)
        for each in [_left_in_group(group, *names)]
        if each is not None
    ]
    return min(left, default=None)


_V2: Final = ("memory.max", "memory.current", "inactive_file")
_V1: Final = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")


def _groups(proc: Path, groups: Path) -> list[tuple[Path, tuple[str, str, str]]]:
    """Folders of the process's groups, and what the files in them are called: cgroups(7).

    In a container the folder may not be there; then the root is the container's own.
    """
    found = []
    with suppress(OSError):
        for line in (proc / "self/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if not controllers:
                found.append((_or_root(groups, path), _V2))
            elif "memory" in controllers.split(","):
                found.append((_or_root(groups / "memory", path), _V1))
    return found


def _or_root(root: Path, path: str) -> Path:
    folder = root / path.lstrip("/")
    return folder if folder.is_dir() else root


def _left_in_group(group: Path, limit: str, usage: str, cache: str) -> int | None:
    try:
        most, used = int((group / limit).read_text()), int((group / usage).read_text())
    except (OSError, ValueError):  # "max": it has no limit.
        return None
    return max(0, most - used + (_field(group / "memory.stat", cache) or 0))


def _status(name: str) -> int | None:
    return _field(_STATUS, name)


def _field(path: Path, name: str) -> int | None:
    """Bytes, from a line such as `VmRSS:  1024 kB` or `inactive_file 4096`."""
    with suppress(OSError, ValueError):
        for line in path.read_text().splitlines():
            words = line.replace(":", " ").split()
            if words and words[0] == name:
                return int(words[1]) * (_KIB if words[2:] == ["kB"] else 1)
    return None
