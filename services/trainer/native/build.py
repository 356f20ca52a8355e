"""Compiles the kernels. Standard library only: setup.py calls it where nothing is installed yet.

python -m services.trainer.native.build     compiles them anew, here, for this processor
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from services.trainer.native.processor import supported_levels

SOURCES: Final = Path(__file__).parent / "src"
COMPILER_PACKAGE: Final = "ziglang==0.17.1"
"""A whole C++ compiler from PyPI, for machines without one."""

_OPTIONS: Final = (
    *("-std=c++17", "-O3", "-fPIC", "-shared", "-fno-exceptions", "-fno-rtti"),
    # A product and a sum become one instruction, rounded once.
    "-ffp-contract=fast",
    *("-fno-math-errno", "-fno-trapping-math"),
)
# Not its `c++`, which compiles a C++ library first, for minutes; the kernels use none.
_ZIG: Final = (sys.executable, "-m", "ziglang", "cc")
# What compilers older than GCC 12 lack.
_PROBE: Final = """
typedef float Four __attribute__((vector_size(16)));
Four turn(Four x) { return __builtin_shufflevector(x, x, 1, 2, 3, 0); }
"""


class NotCompiled(Exception):
    """There is no compiler that can, and why."""


def system_compiler() -> str | None:
    """A C++ compiler of this machine's that knows what the kernels need."""
    for name in ("c++", "g++", "clang++"):
        if path := shutil.which(name):
            with tempfile.TemporaryDirectory() as folder:
                probe = Path(folder) / "probe.cpp"
                probe.write_text(_PROBE)
                command = (path, "-c", str(probe), "-o", str(probe.with_suffix(".o")))
                if subprocess.run(command, capture_output=True).returncode == 0:
                    return path
    return None


def compile_kernels(level: str, target: Path) -> None:
    """:raises NotCompiled: with what the compiler says."""
    compiler = system_compiler()
    if compiler is None and find_spec("ziglang") is None:
        raise NotCompiled("There is neither a C++ compiler (GCC 12, Clang) nor ziglang.")
    command = [
        *((compiler,) if compiler else _ZIG),
        *_level_options(level, compiler is None),
        *_OPTIONS,
        *(str(SOURCES / "kernels.cpp"), "-o", str(target)),
    ]
    target.parent.mkdir(parents=True, exist_ok=True)
    outcome = subprocess.run(command, capture_output=True, text=True)
    if outcome.returncode:
        raise NotCompiled(outcome.stderr.strip()[-2000:] or "The compiler has failed.")


def _level_options(level: str, is_zig: bool) -> Sequence[str]:
    if not level.startswith("x86_64"):
        return ()
    # Zig has names of its own for processors.
    march = level if is_zig else level.replace("_v", "-v").replace("_", "-", 1)
    # Otherwise compilers shy away from registers of 512 bits.
    return (f"-march={march}", "-mprefer-vector-width=512")


def build_here(levels: Iterable[str]) -> None:
    for level in levels:
        compile_kernels(level, SOURCES.parent / f"kernels_{level}.so")


if __name__ == "__main__":
    build_here(supported_levels()[:1])
