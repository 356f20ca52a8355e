"""Optuna's TPE with Hyperband on Keras, for so many seconds:
`KERAS_BACKEND=torch python -m benchmarks.rivals.quality_optuna JOB.json`.
"""

from __future__ import annotations

from typing import Any, Final

import keras
import optuna

from benchmarks.rivals.job import Watch, say_ready
from benchmarks.rivals.optuna_space import suggest
from benchmarks.rivals.quality_job import QualityJob, read_quality_job
from benchmarks.rivals.quality_keras import (
    SCORE,
    Keeper,
    Notes,
    build_quality_model,
    fit,
    warm_up,
)

_SEED: Final = 1


class _Report(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types.
    """Asks the pruner after each epoch."""

    def __init__(self, trial: Any) -> None:
        super().__init__()
        self._trial = trial

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        assert logs
        self._trial.report(float(logs[SCORE]), epoch + 1)
        if self._trial.should_prune():
            raise optuna.TrialPruned


def search(job: QualityJob) -> None:
    table, run = job.table, job.run
    study = optuna.create_study(
        direction="maximize",
        sampler=optuna.samplers.TPESampler(seed=_SEED),
        pruner=optuna.pruners.HyperbandPruner(1, run.max_epochs, 3),
    )
    keeper = Keeper(table, Watch(run), run.max_epochs)

    def stop() -> None:
        study.stop()
        raise optuna.TrialPruned

    def objective(trial: Any) -> float:
        keeper.trials += 1
        keras.utils.clear_session()
        design = suggest(trial, run.space)
        model = build_quality_model(design, table, run.max_epochs)
        # The keeper first: an epoch counts, also one after which the trial is pruned.
        callbacks = [Notes(keeper, design, stop), _Report(trial)]
        history = fit(model, design, table, epochs=run.max_epochs, callbacks=callbacks)
        return float(max(history.history[SCORE]))

    study.optimize(objective, timeout=run.seconds)
    keeper.finish()


def main() -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    keras.utils.set_random_seed(_SEED)
    job = read_quality_job()
    first = optuna.create_study().ask()
    warm_up(suggest(first, job.run.space), job.table, job.run.max_epochs)
    say_ready("optuna", "keras", "torch")
    search(job)


if __name__ == "__main__":
    main()
