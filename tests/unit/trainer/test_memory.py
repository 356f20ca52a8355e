"""What is left of memory, and how well a job's need is predicted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from services.trainer.memory import PeakMemory, available_bytes
from services.trainer.native.processor import kernels_path

GB = 1 << 30


@pytest.mark.parametrize(
    "kernel",
    [
        pytest.param(
            "native", marks=pytest.mark.skipif(not kernels_path(), reason="no kernels compiled")
        ),
        "stack",
    ],
)
def test_a_jobs_memory_is_predicted_within_a_factor(kernel: str) -> None:
    """0.7 to 1.5 of what the process was measured to grow by."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.unit.trainer.measure_job", kernel],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    predicted, measured = map(int, done.stdout.split())
    assert measured > 100_000_000
    assert 0.7 <= predicted / measured <= 1.5


def test_the_peak_is_that_since_the_last_reset() -> None:
    peak = PeakMemory()
    assert peak.reset()
    held = np.ones(10_000_000)
    assert (peak.read() or 0) >= held.nbytes * 0.9
    del held
    assert peak.reset()
    assert (peak.read() or 0) < 40_000_000


def a_machine(folder: Path, group: str = "", **files: str) -> tuple[Path, Path]:
    """8 GB of it are available; `files` are those of the control group /a/b."""
    proc, groups = folder / "proc", folder / "cgroup"
    (proc / "self").mkdir(parents=True)
    (proc / "meminfo").write_text(f"MemTotal: 1 kB\nMemAvailable: {8 * GB // 1024} kB\n")
    if group:
        (proc / "self/cgroup").write_text(group)
    for name, text in files.items():
        path = groups / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return proc, groups


def test_without_a_control_group_the_machine_decides(tmp_path: Path) -> None:
    assert available_bytes(*a_machine(tmp_path)) == 8 * GB


def test_a_control_groups_limit_counts_with_its_cache_as_free(tmp_path: Path) -> None:
    place = a_machine(
        tmp_path,
        "0::/a/b\n",
        a__b__memory_dot_max=f"{3 * GB}\n",
        a__b__memory_dot_current=f"{2 * GB}\n",
        a__b__memory_dot_stat=f"anon 5\ninactive_file {GB}\n",
    )
    assert available_bytes(*place) == 2 * GB


def test_the_group_around_a_group_counts_too(tmp_path: Path) -> None:
    place = a_machine(
        tmp_path,
        "0::/a/b\n",
        a__b__memory_dot_max="max\n",
        a__b__memory_dot_current="5\n",
        a__memory_dot_max=f"{GB}\n",
        a__memory_dot_current="0\n",
    )
    assert available_bytes(*place) == GB


def test_an_older_kernels_groups_are_read_as_well(tmp_path: Path) -> None:
    place = a_machine(
        tmp_path,
        "3:cpu:/\n9:memory:/a\n",
        memory__a__memory_dot_limit_in_bytes=f"{GB}\n",
        memory__a__memory_dot_usage_in_bytes=f"{GB // 4}\n",
    )
    assert available_bytes(*place) == GB - GB // 4


def test_a_container_finds_its_own_limit_at_the_root(tmp_path: Path) -> None:
    place = a_machine(
        tmp_path,
        "0::/docker/0123\n",
        memory_dot_max=f"{GB}\n",
        memory_dot_current="0\n",
    )
    assert available_bytes(*place) == GB


def test_a_limit_of_the_address_space_counts() -> None:
    script = (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30));"
        "from services.trainer.memory import available_bytes; print(available_bytes())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert 0 < int(done.stdout) < 2 * GB
