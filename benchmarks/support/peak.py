"""What the machine can do at best: a matrix product, and moving memory.

    python -m benchmarks.support.peak

One line of JSON: GFLOP/s of a large product of float32 matrices on all cores, and GB/s of copying
an array that no cache holds. Each is the best of some repeats.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Final

_SIDE: Final = 3072
_COPIED: Final = 2**26
_REPEATS: Final = 12


def measure_peak() -> dict[str, float]:
    """`gflops`, and `gigabytes` read and written together, per second; in a fresh process."""
    words = [sys.executable, "-m", "benchmarks.support.peak"]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=120)
    return dict(json.loads(done.stdout))


def main() -> None:
    import torch

    a, b = torch.rand(_SIDE, _SIDE), torch.rand(_SIDE, _SIDE)
    product = torch.empty(_SIDE, _SIDE)
    source = torch.rand(_COPIED)
    copy = torch.empty(_COPIED)
    seconds = _best(lambda: torch.mm(a, b, out=product))
    copying = _best(lambda: copy.copy_(source))
    peak = {"gflops": 2 * _SIDE**3 / seconds / 1e9, "gigabytes": 2 * 4 * _COPIED / copying / 1e9}
    print(json.dumps(peak))


def _best(work: Callable[[], object]) -> float:
    work()
    times = []
    for _ in range(_REPEATS):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times)


if __name__ == "__main__":
    main()
