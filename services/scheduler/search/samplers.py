"""Which of Optuna's samplers a search is, and with which settings."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Final

import optuna
from optuna.samplers import BaseSampler, CmaEsSampler, GPSampler, NSGAIISampler, TPESampler
from optuna.study import StudyDirection

from layerlab.domain.problem import InvalidInput
from layerlab.domain.spec import Search
from services.scheduler.search.coding import Coding
from services.scheduler.search.guides import (
    GenerationGuide,
    LearningGuide,
    LiarGuide,
    RelayGuide,
    TreeGuide,
)
from services.scheduler.search.outcomes import Outcome

# As many as a bracket's cohort has, so that a generation is about a window.
_POPULATION: Final = 32
_MAXIMIZE, _MINIMIZE = StudyDirection.MAXIMIZE, StudyDirection.MINIMIZE
# A Gaussian process takes a quarter of a second for each design.
_GP_DESIGNS: Final = 4
_MOST_KNOWN: Final[Mapping[Search, int]] = {
    Search.TPE: 300,
    Search.GP: 80,
    Search.CMAES: 200,
    Search.NSGA2: 600,
}


def most_known(search: Search) -> int:
    """Outcomes that a search learns from. More would take it longer than a window trains."""
    return _MOST_KNOWN[search]


def build_guide(search: Search, coding: Coding, seed: int) -> LearningGuide:
    """:raises InvalidInput: `search_unavailable`, when this machine lacks what the search needs."""
    # Optuna calls some of its own settings experimental, which says nothing to a study's user.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return _GUIDES[search](coding, seed)


def _tpe(coding: Coding, seed: int) -> LearningGuide:
    sampler = TPESampler(
        n_startup_trials=1, multivariate=True, group=True, constant_liar=True, seed=seed
    )
    return TreeGuide(coding, _study(sampler), _score)


def _gp(coding: Coding, seed: int) -> LearningGuide:
    if find_spec("torch") is None:
        raise InvalidInput(
            "search_unavailable",
            "The search `gp` needs torch, which is not installed where the scheduler runs.",
            hint="Install it there (pip install torch), or take `tpe`.",
            field="search",
        )
    process = LiarGuide(coding, _study(GPSampler(n_startup_trials=1, seed=seed)), _score)
    return RelayGuide(process, _GP_DESIGNS, _tpe(coding, seed))


def _cmaes(coding: Coding, seed: int) -> LearningGuide:
    sampler = CmaEsSampler(
        # It moves along numbers; categories are chosen by what has done well.
        independent_sampler=TPESampler(n_startup_trials=1, seed=seed),
        warn_independent_sampling=False,
        seed=seed,
    )
    return GenerationGuide(coding, _study(sampler), _score)


def _nsga2(coding: Coding, seed: int) -> LearningGuide:
    sampler = NSGAIISampler(population_size=_POPULATION, seed=seed)
    study = _study(sampler, _MAXIMIZE, _MINIMIZE, _MINIMIZE)
    return GenerationGuide(coding, study, _score_work_and_size)


_GUIDES: Final[Mapping[Search, Callable[[Coding, int], LearningGuide]]] = {
    Search.TPE: _tpe,
    Search.GP: _gp,
    Search.CMAES: _cmaes,
    Search.NSGA2: _nsga2,
}


def _study(sampler: BaseSampler, *directions: StudyDirection) -> optuna.Study:
    return optuna.create_study(sampler=sampler, directions=directions or (_MAXIMIZE,))


def _score(outcome: Outcome) -> list[float]:
    return [outcome.score]


def _score_work_and_size(outcome: Outcome) -> list[float]:
    return [outcome.score, outcome.work, outcome.n_params]
