"""Ray Tune and a torch loop: `python -m benchmarks.rivals.ray_tune JOB.json [reuse]`.

Trials train side by side, one to a core: each in a new process, as Tune does it by default, or
with `reuse` in processes that it uses again (`TuneConfig.reuse_actors`).
"""

from __future__ import annotations

import os
import sys
import tempfile
from typing import Any

os.environ["RAY_AIR_NEW_OUTPUT"] = "0"
os.environ["TUNE_DISABLE_AUTO_CALLBACK_LOGGERS"] = "1"

import ray  # type: ignore[import-not-found]  # It is in an environment of its own.
from ray import tune

from benchmarks.rivals.job import Design, Run, Table, Watch, read_job, say_ready


def objective(config: Design, table: Table) -> None:
    from benchmarks.rivals.torch_network import train

    tune.report({"score": train(config["design"], table, config["max_epochs"])})


class _Ends(tune.Callback):  # type: ignore[misc]  # Ray is not there for mypy.
    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **_: Any) -> None:
        self._watch.trial(trial.config["design"], trial.last_result["score"])


def _fit(table: Table, run: Run, folder: str, watch: Watch | None) -> None:
    designs = run.designs if watch else run.designs[: os.cpu_count()]
    tune.Tuner(
        tune.with_parameters(objective, table=table),
        param_space={
            "design": tune.grid_search(designs),
            "max_epochs": run.max_epochs if watch else 1,
        },
        tune_config=tune.TuneConfig(
            reuse_actors="reuse" in sys.argv, time_budget_s=run.seconds if watch else None
        ),
        run_config=tune.RunConfig(
            name=f"{run.name}-{'measured' if watch else 'warm'}",
            storage_path=folder,
            verbose=0,
            callbacks=[_Ends(watch)] if watch else [],
        ),
    ).fit()


def main() -> None:
    job = read_job()
    ray.init(include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    with tempfile.TemporaryDirectory() as folder:
        _fit(job.table, job.runs[0], folder, None)
        say_ready("ray", "torch")
        for run in job.runs:
            _fit(job.table, run, folder, Watch(run))
    ray.shutdown()


if __name__ == "__main__":
    main()
