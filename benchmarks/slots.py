"""1,000 one-second trials on 16 slots, as Ray Tune measures itself, beside Ray Tune.

    python -m benchmarks.slots [--trials 1000] [--slots 16] [--without-ray] [--ray-seconds 300]

Ideal: trials × 1 s / slots. A trial sleeps for a second and reports one score. Ours are cohorts of
one trial on as many trainers as there are slots, each with its own consumer, lease and reports,
through RabbitMQ and MongoDB; every trial's end is durable before its message is acknowledged. Ray
Tune runs the same in its own virtual environment (~/.cache/layerlab-benchmarks), which is made at
the first run; both times begin when the cluster is up and end with the last result. What Ray Tune
has not done within --ray-seconds is extrapolated, and labelled so.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Final

from benchmarks.jobs import run_study
from benchmarks.support.deployment import open_deployment
from benchmarks.support.machine import describe

GOAL_SECONDS: Final = 65.0
_RAY: Final = "ray[tune]==2.60.0"
_CACHE: Final = Path.home() / ".cache" / "layerlab-benchmarks"
_RAY_SCRIPT: Final = Path(__file__).parent / "support" / "ray_slots.py"
# To start its cluster and to stop it, beside what is measured.
_AROUND_SECONDS: Final = 120.0
_PROCESSES: Final = 2
_SEED: Final = 1
_LOOK_SECONDS: Final = 0.05


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--slots", type=int, default=16)
    parser.add_argument("--without-ray", action="store_true")
    parser.add_argument("--ray-seconds", type=float, default=300.0, help="It stops then.")
    arguments = parser.parse_args()
    print(describe())
    ideal = arguments.trials / arguments.slots
    goal = GOAL_SECONDS * ideal / 62.5
    ours = time_layerlab(arguments.trials, arguments.slots)
    verdict = "ok" if ours <= goal else "MISSED"
    print(f"{arguments.trials:,} one-second trials on {arguments.slots} slots, ideal {ideal:.1f} s")
    print(f"  LayerLab  {ours:6.1f} s  {ours / ideal - 1:+.1%}  goal {goal:.1f} s  {verdict}")
    if not arguments.without_ray:
        print(f"  {time_ray(arguments.trials, arguments.slots, arguments.ray_seconds)}")
    return int(ours > goal)


def time_layerlab(trials: int, slots: int) -> float:
    words = ("--training", "sleep", "--services", str(slots // _PROCESSES))
    settings = {"LAYERLAB_SCHEDULER__MAX_LANES": "1"}
    with (
        tempfile.TemporaryDirectory() as folder,
        open_deployment(Path(folder), "mongodb", _PROCESSES, words, settings) as here,
        here.client() as client,
    ):
        dataset = client.datasets.upload(client.sample("penguins"))
        # Its processes are up, and have the table, which Ray Tune's trials don't read.
        run_study(client, dataset, slots, _SEED)
        seconds, study = run_study(client, dataset, trials, _SEED, _LOOK_SECONDS)
        ends = [trial for trial in study.trials() if trial.state == "SUCCEEDED"]
        assert len(ends) == trials, study.detail
        return seconds


def time_ray(trials: int, slots: int, limit: float) -> str:
    """What it took, or would have taken, or why that could not be had."""
    try:
        python = _ray_python()
        done = subprocess.run(
            [str(python), str(_RAY_SCRIPT), str(trials), str(slots), str(limit)],
            capture_output=True,
            text=True,
            timeout=limit + _AROUND_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        said = getattr(error, "stderr", None) or str(error)
        return f"Ray Tune could not be measured: {str(said).strip()[-500:]}"
    found = json.loads(done.stdout.splitlines()[-1])
    seconds, ended = found["seconds"], found["ended"]
    whole, note = seconds, ""
    if ended < trials:
        whole = seconds * trials / ended if ended else float("inf")
        note = f"  (extrapolated: {ended:,} trials had ended after {seconds:.0f} s)"
    over = whole * slots / trials - 1
    return f"Ray Tune  {whole:6.1f} s  {over:+.1%}  version {found['version']}{note}"


def _ray_python() -> Path:
    """Of a virtual environment that has Ray Tune; made if it is not there."""
    folder = _CACHE / _RAY.partition("==")[2]
    python, stamp = folder / "bin" / "python", folder / "installed"
    if not stamp.exists():
        print("  installing Ray Tune …", flush=True)
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run(
            [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", _RAY],
            check=True,
            capture_output=True,
            text=True,
        )
        stamp.touch()
    return python


if __name__ == "__main__":
    sys.exit(main())
