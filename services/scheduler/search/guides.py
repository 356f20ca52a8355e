"""Optuna's samplers, told what a wish knows, and asked for designs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol, TypeAlias

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import TrialState

from layerlab.domain.design import Design
from layerlab.domain.space import Range
from services.scheduler.search.coding import Coding, Kind
from services.scheduler.search.outcomes import Outcome

Values: TypeAlias = Callable[[Outcome], list[float]]
# The mean of normal scores.
_ORDINARY: Final = 0.0


class Guide(Protocol):
    """Says which designs to try."""

    def next(self, number: int) -> Design:
        """For a trial number; maybe one that has been tried, or that it has said already."""


class LearningGuide(Guide, Protocol):
    """What it says is taken as being tried."""

    def tell(self, outcomes: Sequence[Outcome], pending: Sequence[Design]) -> None:
        """Once, before anything is asked."""


class TreeGuide:
    """Of a sampler that copes with parameters that apply to some designs only."""

    def __init__(self, coding: Coding, study: optuna.Study, values: Values) -> None:
        self._coding, self._study, self._values = coding, study, values
        self._kinds = {name: distribution_of(kind) for name, kind in coding.kinds().items()}

    def tell(self, outcomes: Sequence[Outcome], pending: Sequence[Design]) -> None:
        for outcome in outcomes:
            self._add(outcome.design, values=self._values(outcome))
        for design in pending:
            self._add(design, state=TrialState.RUNNING)

    def next(self, number: int) -> Design:
        trial = self._study.ask()
        return self._coding.design(lambda name, kind: _suggest(trial, name, kind))

    def _add(self, design: Design, **facts: object) -> None:
        params = self._coding.parameters(design)
        if params is not None:
            distributions = {name: self._kinds[name] for name in params}
            trial = optuna.create_trial(params=params, distributions=distributions, **facts)  # type: ignore[arg-type]  # As given.
            self._study.add_trial(trial)


class FlatGuide:
    """Of a sampler that needs the same parameters of every design: one that doesn't apply has the
    middle of its values, and changes nothing.
    """

    def __init__(self, coding: Coding, study: optuna.Study, values: Values) -> None:
        self._coding, self._study, self._values = coding, study, values
        kinds = coding.kinds()
        self._distributions = {name: distribution_of(kind) for name, kind in kinds.items()}
        self._middles = {name: _middle(kind) for name, kind in kinds.items()}

    def tell(self, outcomes: Sequence[Outcome], pending: Sequence[Design]) -> None:
        for outcome in outcomes:
            self._add(outcome.design, values=self._values(outcome))
        for design in pending:
            self._add(design, state=TrialState.RUNNING)

    def next(self, number: int) -> Design:
        params = self._study.ask(self._distributions).params
        return self._coding.design(lambda name, kind: params[name])

    def _add(self, design: Design, **facts: object) -> None:
        own = self._coding.parameters(design)
        if own is not None:
            trial = optuna.create_trial(
                params={**self._middles, **own},
                distributions=self._distributions,
                **facts,  # type: ignore[arg-type]  # As given.
            )
            self._study.add_trial(trial)


class LiarGuide(FlatGuide):
    """Of a sampler that takes long to consider what is being tried: it is told that those are
    ordinary (a constant liar: Ginsbourger, Le Riche, Carraro 2010).
    """

    def tell(self, outcomes: Sequence[Outcome], pending: Sequence[Design]) -> None:
        super().tell(outcomes, ())
        for design in pending:
            self._add(design, values=[_ORDINARY])

    def next(self, number: int) -> Design:
        trial = self._study.ask(self._distributions)
        self._study.tell(trial, _ORDINARY)
        return self._coding.design(lambda name, kind: trial.params[name])


class RelayGuide:
    """One guide chooses the first designs, and another one the others."""

    def __init__(self, first: LearningGuide, many: int, then: LearningGuide) -> None:
        self._first, self._many, self._then = first, many, then

    def tell(self, outcomes: Sequence[Outcome], pending: Sequence[Design]) -> None:
        self._first.tell(outcomes, pending)
        self._then.tell(outcomes, pending)

    def next(self, number: int) -> Design:
        self._many -= 1
        return (self._first if self._many >= 0 else self._then).next(number)


class GenerationGuide(FlatGuide):
    """Of a sampler that goes from generation to generation, and notes with each trial which one it
    is of. All that has been tried is gone through again, with such notes as it would have had.
    """

    @property
    def _one(self) -> dict[str, BaseDistribution]:
        items = list(self._distributions.items())
        numbers = (each for each in items if not isinstance(each[1], CategoricalDistribution))
        return dict([next(numbers, items[0])]) if items else {}

    def tell(self, outcomes: Sequence[Outcome], pending: Sequence[Design]) -> None:
        for outcome in outcomes:
            # One parameter will do to have them all chosen, a number if there is one: each category
            # would be chosen on its own.
            asked = self._study.ask(self._one)
            notes = dict(self._study.get_trials(deepcopy=False)[asked.number].system_attrs)
            self._study.tell(asked, state=TrialState.FAIL)
            self._add(outcome.design, values=self._values(outcome), system_attrs=notes)


def distribution_of(kind: Kind) -> BaseDistribution:
    if isinstance(kind, Range):
        return FloatDistribution(kind.low, kind.high, log=kind.log)
    if kind.ordered:
        return IntDistribution(0, kind.last)
    return CategoricalDistribution(range(kind.last + 1))


def _suggest(trial: optuna.Trial, name: str, kind: Kind) -> float:
    if isinstance(kind, Range):
        return trial.suggest_float(name, kind.low, kind.high, log=kind.log)
    if kind.ordered:
        return trial.suggest_int(name, 0, kind.last)
    return trial.suggest_categorical(name, range(kind.last + 1))


def _middle(kind: Kind) -> float:
    return kind.at(0.5) if isinstance(kind, Range) else kind.last // 2
