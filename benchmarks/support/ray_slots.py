"""Ray Tune's side of `benchmarks.slots`; runs in an environment that has ray, and nothing of ours.

    python ray_slots.py TRIALS SLOTS [SECONDS]

Prints the seconds that Tuner.fit took, how many trials had ended by then, and the version, as one
line of JSON. After SECONDS it stops.
"""

import json
import os
import sys
import tempfile
import time
from typing import Any

os.environ["RAY_AIR_NEW_OUTPUT"] = "0"
os.environ["TUNE_DISABLE_AUTO_CALLBACK_LOGGERS"] = "1"
# The most that it may prepare at a time: as many as there are slots, and some.
os.environ.setdefault("TUNE_MAX_PENDING_TRIALS_PG", "32")

import ray  # type: ignore[import-not-found]  # It is in an environment of its own.
from ray import tune


def nap(config: dict[str, float]) -> dict[str, float]:
    time.sleep(1.0)
    return {"score": config["x"]}


def main(trials: int, slots: int, limit: float) -> None:
    ray.init(num_cpus=slots, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    with tempfile.TemporaryDirectory() as folder:
        # Its processes are up and warm, as ours are.
        _fit(slots, folder, "warm", limit)
        started = time.perf_counter()
        results = _fit(trials, folder, "measured", limit)
        seconds = time.perf_counter() - started
    assert not results.errors
    ended = sum("score" in (result.metrics or {}) for result in results)
    print(json.dumps({"seconds": seconds, "ended": ended, "version": ray.__version__}))


def _fit(trials: int, folder: str, name: str, limit: float) -> Any:
    return tune.Tuner(
        nap,
        param_space={"x": tune.uniform(0, 1)},
        tune_config=tune.TuneConfig(num_samples=trials, reuse_actors=True, time_budget_s=limit),
        run_config=tune.RunConfig(name=name, storage_path=folder, verbose=0),
    ).fit()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]) if len(sys.argv) > 3 else 900.0)
