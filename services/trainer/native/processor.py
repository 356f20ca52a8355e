"""Which compiled kernels this machine's processor can run.

Standard library only: setup.py asks, too.
"""

from __future__ import annotations

import platform
from contextlib import suppress
from pathlib import Path
from typing import Final

# Best first; of each, what Linux calls the features that it needs beyond the next one's.
_X86_LEVELS: Final = (
    ("x86_64_v4", ("avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl")),
    ("x86_64_v3", ("avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe")),
    ("x86_64_v2", ("sse4_2", "ssse3", "popcnt")),
)
_X86: Final = ("x86_64", "amd64")
_FOLDER: Final = Path(__file__).parent
_ARM: Final = ("arm64", "aarch64")


def levels_of_family() -> tuple[str, ...]:
    """The levels that kernels are compiled for on machines like this one, best first."""
    machine = platform.machine().lower()
    if machine in _X86:
        return tuple(name for name, _ in _X86_LEVELS)
    return ("arm64",) if machine in _ARM else ()


def supported_levels() -> tuple[str, ...]:
    """Those of them that this very processor can run, best first."""
    levels = levels_of_family()
    if not levels or levels == ("arm64",):
        return levels
    flags = _linux_flags()
    if flags is None:
        # An operating system that doesn't say. Every such processor of the last fifteen years has
        # the last one.
        return levels[-1:]
    lacking = [not flags.issuperset(needed) for _, needed in _X86_LEVELS]
    return tuple(name for i, (name, _) in enumerate(_X86_LEVELS) if not any(lacking[i:]))


def kernels_path() -> Path | None:
    """The best compiled kernels that this processor can run; None if there are none."""
    for level in supported_levels():
        for path in sorted(_FOLDER.glob(f"kernels_{level}.*")):
            return path
    return None


def _linux_flags() -> frozenset[str] | None:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "flags":
                return frozenset(value.split())
    return None
