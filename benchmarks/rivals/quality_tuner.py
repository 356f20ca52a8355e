"""KerasTuner's Hyperband, for so many seconds:
`KERAS_BACKEND=torch python -m benchmarks.rivals.quality_tuner JOB.json`.
"""

from __future__ import annotations

import tempfile
from typing import Any, Final

import keras
import keras_tuner  # type: ignore[import-not-found]  # It is in an environment of its own.

from benchmarks.rivals.job import Watch, say_ready
from benchmarks.rivals.quality_job import QualityJob, read_quality_job
from benchmarks.rivals.quality_keras import (
    SCORE,
    Keeper,
    Notes,
    build_quality_model,
    fit,
    warm_up,
)
from benchmarks.rivals.tuner_keras import TimeOver, choose, until_over

_SEED: Final = 1


class _Network(keras_tuner.HyperModel):  # type: ignore[misc]  # Not there for mypy.
    def __init__(self, job: QualityJob, keeper: Keeper) -> None:
        super().__init__()
        self._job, self._keeper = job, keeper

    def build(self, hp: Any) -> Any:
        run = self._job.run
        return build_quality_model(choose(hp, run.space), self._job.table, run.max_epochs)

    def fit(self, hp: Any, model: Any, **arguments: Any) -> Any:
        """The tuner's own `arguments` are epochs, the epoch to go on from, and callbacks."""
        self._keeper.trials += 1
        design = choose(hp, self._job.run.space)
        callbacks = [Notes(self._keeper, design, _stop), *arguments.pop("callbacks", [])]
        arguments.pop("verbose", None)
        return fit(model, design, self._job.table, callbacks=callbacks, **arguments)


def _stop() -> None:
    raise TimeOver


def search(job: QualityJob) -> None:
    run = job.run
    with tempfile.TemporaryDirectory() as folder:
        keeper = Keeper(job.table, Watch(run), run.max_epochs)
        tuner = keras_tuner.Hyperband(
            _Network(job, keeper),
            objective=keras_tuner.Objective(SCORE, "max"),
            max_epochs=run.max_epochs,
            factor=3,
            hyperband_iterations=100,
            seed=_SEED,
            directory=folder,
            project_name=run.name,
        )
        until_over(tuner, verbose=0)
        keeper.finish()


def main() -> None:
    keras.utils.set_random_seed(_SEED)
    job = read_quality_job()
    warm_up(choose(keras_tuner.HyperParameters(), job.run.space), job.table, job.run.max_epochs)
    say_ready("keras-tuner", "keras", "torch")
    search(job)


if __name__ == "__main__":
    main()
