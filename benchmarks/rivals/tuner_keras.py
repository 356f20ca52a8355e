"""KerasTuner: `KERAS_BACKEND=torch python -m benchmarks.rivals.tuner_keras JOB.json`.

Given designs are the values of one hyper-parameter, which its grid search goes through in order.
"""

from __future__ import annotations

import tempfile
from typing import Any, Final

import keras
import keras_tuner  # type: ignore[import-not-found]  # It is in an environment of its own.

from benchmarks.rivals.job import Design, Job, Run, Space, Table, Watch, read_job, say_ready
from benchmarks.rivals.keras_network import build_model, fit_arguments

_SEED: Final = 1
# It writes all values of a hyper-parameter to disk with each trial.
_MOST_DESIGNS: Final = 200


class TimeOver(keras_tuner.errors.FatalError):  # type: ignore[misc]  # Not there for mypy.
    """Ends a search: any other exception ends only its trial."""


class _Epochs(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types.
    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self._watch = watch

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        assert logs
        self._watch.epoch(float(logs["val_accuracy"]))
        if self._watch.is_over:
            raise TimeOver


class _Network(keras_tuner.HyperModel):  # type: ignore[misc]  # Likewise.
    """A model of the design that the hyper-parameters say."""

    def __init__(self, run: Run, table: Table) -> None:
        super().__init__()
        self._run, self._table = run, table

    def design(self, hp: Any) -> Design:
        """One of the given designs, by number; without any, one of the space."""
        if not self._run.designs:
            return choose(hp, self._run.space)
        number = hp.Choice("design", list(range(len(self._run.designs[:_MOST_DESIGNS]))))
        return dict(self._run.designs[number])

    def build(self, hp: Any) -> Any:
        return build_model(self.design(hp), self._table, self._run.max_epochs)

    def fit(self, hp: Any, model: Any, **arguments: Any) -> Any:
        """The tuner's own `arguments` are epochs and callbacks."""
        return model.fit(**{**fit_arguments(self.design(hp), self._table), **arguments})


class _Grid(keras_tuner.GridSearch):  # type: ignore[misc]  # Likewise.
    def __init__(self, run: Run, watch: Watch, *words: Any, **more: Any) -> None:
        super().__init__(*words, **more)
        self._run, self._watch = run, watch

    def on_trial_end(self, trial: Any) -> None:
        super().on_trial_end(trial)
        number = trial.hyperparameters.get("design")
        self._watch.trial(self._run.designs[number], trial.score)
        if self._watch.is_over:
            raise TimeOver


def choose(hp: Any, space: Space) -> Design:
    design: Design = {}
    for name, domain in space.items():
        if name == "hidden" and isinstance(domain, dict):
            depth = hp.Int("layers", domain["layers"]["low"], domain["layers"]["high"])
            design[name] = [hp.Choice(f"width_{i}", domain["width"]) for i in range(depth)]
        elif isinstance(domain, dict):
            sampling = "log" if domain.get("log") else "linear"
            design[name] = hp.Float(name, domain["low"], domain["high"], sampling=sampling)
        elif len(domain) > 1 and not isinstance(domain[0], bool):
            design[name] = hp.Choice(name, domain)
        else:
            design[name] = hp.Boolean(name) if len(domain) > 1 else domain[0]
    return design


def _train_all(run: Run, table: Table, folder: str) -> None:
    tuner = _Grid(
        run,
        Watch(run),
        _Network(run, table),
        objective="val_accuracy",
        directory=folder,
        project_name=run.name,
    )
    until_over(tuner, epochs=run.max_epochs, verbose=0)


def _search(run: Run, table: Table, folder: str) -> None:
    watch = Watch(run)
    tuner = keras_tuner.Hyperband(
        _Network(run, table),
        objective="val_accuracy",
        max_epochs=run.max_epochs,
        factor=3,
        hyperband_iterations=100,
        seed=_SEED,
        directory=folder,
        project_name=run.name,
    )
    until_over(tuner, callbacks=[_Epochs(watch)], verbose=0)


def until_over(tuner: Any, **arguments: Any) -> None:
    """Searches until `TimeOver`."""
    try:
        tuner.search(**arguments)
    except TimeOver:
        return


def _warm_up(job: Job) -> None:
    """The first model of a process is slow; it is not measured."""
    run = job.runs[0]
    design = run.designs[0] if run.designs else None
    design = design or choose(keras_tuner.HyperParameters(), run.space)
    model = build_model(design, job.table, run.max_epochs)
    model.fit(**fit_arguments(design, job.table), epochs=1)


def main() -> None:
    job = read_job()
    _warm_up(job)
    say_ready("keras-tuner", "keras", "torch")
    with tempfile.TemporaryDirectory() as folder:
        for run in job.runs:
            if job.is_quality:
                _search(run, job.table, folder)
            else:
                _train_all(run, job.table, folder)


if __name__ == "__main__":
    main()
