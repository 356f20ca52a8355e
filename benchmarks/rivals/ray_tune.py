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
    """Notes each trial's end."""

    def __init__(self, watch: Watch) -> None:
        self._watch, self.count = watch, 0

    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **_: Any) -> None:
        self._watch.trial(trial.config["design"], trial.last_result["score"])
        self.count += 1


class _TimeOver(tune.Stopper):  # type: ignore[misc]  # Likewise.
    """Ends everything when the time is over and there is something to show for it."""

    def __init__(self, watch: Watch, ends: _Ends) -> None:
        self._watch, self._ends = watch, ends

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
        return False

    def stop_all(self) -> bool:
        return self._watch.is_over and self._ends.count >= (os.cpu_count() or 1)


def _warm_up(table: Table, run: Run, folder: str) -> None:
    """The cluster's first trials are slow; they are not measured."""
    _fit(table, run.designs[: os.cpu_count()], 1, tune.RunConfig(**_words(run, folder, "warm")))


def _train_all(table: Table, run: Run, folder: str) -> None:
    watch = Watch(run)
    ends = _Ends(watch)
    config = tune.RunConfig(
        **_words(run, folder, "measured"), callbacks=[ends], stop=_TimeOver(watch, ends)
    )
    _fit(table, run.designs, run.max_epochs, config)


def _words(run: Run, folder: str, phase: str) -> dict[str, Any]:
    return {"name": f"{run.name}-{phase}", "storage_path": folder, "verbose": 0}


def _fit(table: Table, designs: list[Design], max_epochs: int, config: Any) -> None:
    tune.Tuner(
        tune.with_parameters(objective, table=table),
        param_space={"design": tune.grid_search(designs), "max_epochs": max_epochs},
        tune_config=tune.TuneConfig(reuse_actors="reuse" in sys.argv),
        run_config=config,
    ).fit()


def main() -> None:
    job = read_job()
    ray.init(include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    with tempfile.TemporaryDirectory() as folder:
        _warm_up(job.table, job.runs[0], folder)
        say_ready("ray", "torch")
        for run in job.runs:
            _train_all(job.table, run, folder)
    ray.shutdown()


if __name__ == "__main__":
    main()
