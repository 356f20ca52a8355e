"""What a trial's result depends on beside its rows and its design: versions, and the machine.

Standard library only. Read once per process.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def versions_of(*packages: str) -> Mapping[str, str]:
    """Of Python, LayerLab and these packages, by name."""
    return {
        "python": platform.python_version(),
        **{package: _version(package) for package in ("layerlab", *packages)},
    }


@cache
def machine() -> Mapping[str, str]:
    """Processor and system."""
    return {"processor": _processor(), "system": platform.platform()}


@cache
def _version(package: str) -> str:
    with suppress(PackageNotFoundError):
        return version(package)
    return "unknown"


def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()
