"""Optuna around any way of training: the trials of a run, one after another, in one process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import optuna

from benchmarks.rivals.job import Design, Job, Run, Watch, say_ready
from benchmarks.rivals.optuna_space import suggest, to_params

Note: TypeAlias = Callable[[int, float], None]
"""Hears of each epoch, from 1, and its accuracy on the validation rows; may raise."""

Train: TypeAlias = Callable[[Design, int, Note], float]
"""Trains a design for so many epochs; its accuracy on the validation rows."""

_SEED: Final = 1


def run_job(job: Job, train: Train, *packages: str) -> None:
    """`packages`: whose versions are told, beside Optuna's."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    for run in job.runs:
        _warm_up(run, train)
    say_ready("optuna", *packages)
    for run in job.runs:
        if job.is_quality:
            _search(run, train)
        else:
            _train_all(run, train)


def _warm_up(run: Run, train: Train) -> None:
    """The first trial of a process is slow; it is not measured."""
    study = optuna.create_study(direction="maximize")
    study.optimize(lambda trial: train(suggest(trial, run.space), 1, _silence), n_trials=1)


def _train_all(run: Run, train: Train) -> None:
    """The designs of the run, by `Study.enqueue_trial`."""
    study = optuna.create_study(direction="maximize")
    for design in run.designs:
        study.enqueue_trial(to_params(design, run.space))
    watch = Watch(run)

    def objective(trial: optuna.Trial) -> float:
        design = suggest(trial, run.space)
        score = train(design, run.max_epochs, _silence)
        watch.trial(design, score)
        return score

    study.optimize(objective, n_trials=len(run.designs), timeout=run.seconds)


def _search(run: Run, train: Train) -> None:
    """TPE chooses, Hyperband prunes."""
    study = optuna.create_study(
        direction="maximize",
        sampler=optuna.samplers.TPESampler(seed=_SEED),
        pruner=optuna.pruners.HyperbandPruner(1, run.max_epochs, 3),
    )
    watch = Watch(run)

    def objective(trial: optuna.Trial) -> float:
        def note(epoch: int, score: float) -> None:
            watch.epoch(score)
            trial.report(score, epoch)
            if trial.should_prune():
                raise optuna.TrialPruned
            if watch.is_over:
                trial.study.stop()
                raise optuna.TrialPruned

        return train(suggest(trial, run.space), run.max_epochs, note)

    study.optimize(objective, timeout=run.seconds)


def _silence(epoch: int, score: float) -> Any:
    return None
