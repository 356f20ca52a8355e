"""On what a figure was measured."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from pathlib import Path
from typing import Any, Final

_PACKAGES: Final = ("torch", "keras", "numpy")


def describe() -> str:
    """One line: processor, cores, Python, and how busy the machine is with other things."""
    words = [
        _processor(),
        f"{len(os.sched_getaffinity(0))} cores",
        f"Python {platform.python_version()}",
        f"load {os.getloadavg()[0]:.1f} before",
    ]
    return ", ".join(words)


def machine() -> dict[str, Any]:
    """The same and more, for a record."""
    pages, page_bytes = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    versions = {name: importlib.metadata.version(name) for name in _PACKAGES}
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gigabytes": pages * page_bytes / 1e9,
        "kernel": platform.release(),
        "load": os.getloadavg()[0],
        "versions": {"Python": platform.python_version(), **versions},
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
