"""On what a figure was measured."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def describe() -> str:
    """One line: processor, cores, Python, and how busy the machine is with other things."""
    words = [
        _processor(),
        f"{len(os.sched_getaffinity(0))} cores",
        f"Python {platform.python_version()}",
        f"load {os.getloadavg()[0]:.1f} before",
    ]
    return ", ".join(words)


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
