"""The finals of a study, judged: what its verdict's parts and words are taken from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from layerlab.domain.baseline import Baseline
from layerlab.domain.spec import StudySpec
from layerlab.domain.study import Trial
from layerlab.domain.table_shape import TableShape
from layerlab.domain.verdict import Comparison, Contender, Outcome, Relation
from services.scheduler.analysis.comparisons import describe
from services.scheduler.analysis.finalists import Finalist, find_baselines, find_finalists
from services.scheduler.analysis.judging import (
    Court,
    Paired,
    Ruling,
    compare_designs,
    judge,
    judge_baselines,
    rank,
)
from services.scheduler.analysis.levels import MAX_ROUNDS
from services.scheduler.analysis.names import name_baseline, name_designs
from services.scheduler.analysis.scores import natural_interval
from services.scheduler.analysis.smallest import find_smallest
from services.scheduler.analysis.tested import interval_of_test


@dataclass(frozen=True, slots=True)
class Finals:
    """`names` of designs, winner first, and `baseline_names`; `rivals` and `baselines` are the
    winner's comparisons with each other one of them."""

    court: Court
    ruling: Ruling
    names: tuple[str, ...]
    fitted: tuple[Finalist, ...]
    baseline_names: tuple[str, ...]
    rivals: tuple[Comparison, ...]
    baselines: tuple[Comparison, ...]
    beats_constant: bool | None
    """Whether any design does; None: nothing tells."""

    @property
    def winner(self) -> Finalist:
        return self.ruling.leader

    @property
    def round(self) -> int:
        last = max((max(each.scores, default=0) for each in self.ruling.finalists), default=0)
        return math.ceil(last / self.court.folds)

    @property
    def tied(self) -> tuple[str, ...]:
        """Those that nobody beats, the winner first."""
        return self.names[: self.ruling.standing]

    @property
    def survivors(self) -> tuple[str, ...]:
        """Those that another round could tell apart; none after the last round."""
        if self.round >= MAX_ROUNDS:
            return ()
        return tuple(
            name
            for name, each in zip(self.names, self.ruling.finalists, strict=True)
            if each in self.ruling.open
        )

    @property
    def best_baseline(self) -> Comparison | None:
        """The winner against the baseline of the best mean."""
        scored = [each for each in self.fitted if each.scores]
        if not scored:
            return None
        return self.baselines[self.fitted.index(rank(self.court, scored)[0])]

    @property
    def smallest(self) -> str | None:
        found = find_smallest(self.court, self.ruling.finalists)
        return None if found is None else self.names[self.ruling.finalists.index(found)]

    @property
    def outcome(self) -> Outcome:
        if self.round == 0:
            return Outcome.TIE
        is_beaten = any(each.relation is Relation.LOSES for each in self.baselines)
        if self.beats_constant is False or is_beaten:
            return Outcome.NO_BETTER_THAN_BASELINE
        return Outcome.WINNER if self.ruling.standing == 1 else Outcome.TIE


def hold_finals(
    spec: StudySpec, table: TableShape | None, trials: Sequence[Trial], is_final: bool
) -> Finals | None:
    """None: no trial of the search has a score."""
    court = Court.of(spec.metric, spec.split.folds, table)
    designs = find_finalists(trials, spec.metric, table)
    if not designs:
        return None
    ruling = judge(court, designs, is_final)
    ranked = ruling.finalists
    names = name_designs([each.design for each in ranked if each.design is not None])
    fitted = find_baselines(trials, spec.metric)
    called = [name_baseline(each.baseline, spec.task) for each in fitted if each.baseline]
    against = [
        compare_designs(court, ranked[0], each, len(ranked), ruling.is_last) for each in ranked[1:]
    ]
    by_design = [judge_baselines(court, each, fitted, len(ranked)) for each in ranked]
    return Finals(
        court=court,
        ruling=ruling,
        names=tuple(names),
        fitted=tuple(fitted),
        baseline_names=tuple(called),
        rivals=_describe(court, names[0], names[1:], against),
        baselines=_describe(court, names[0], called, by_design[0]),
        beats_constant=_beats_constant(court, fitted, by_design),
    )


def contenders_of(finals: Finals, table: TableShape | None) -> tuple[Contender, ...]:
    """Designs, best first, then baselines."""
    named = [
        *zip(finals.names, finals.ruling.finalists, strict=True),
        *zip(finals.baseline_names, finals.fitted, strict=True),
    ]
    return tuple(_contender(finals.court, name, each, table) for name, each in named)


def _describe(
    court: Court, winner: str, others: Sequence[str], paired: Sequence[Paired]
) -> tuple[Comparison, ...]:
    return tuple(
        describe(court.metric, winner, other, each)
        for other, each in zip(others, paired, strict=True)
    )


def _beats_constant(
    court: Court, fitted: Sequence[Finalist], by_design: Sequence[Sequence[Paired]]
) -> bool | None:
    """That none does is said after a whole round: two or three repeats hardly tell anything."""
    for index, each in enumerate(fitted):
        if each.baseline is Baseline.CONSTANT:
            compared = [paired[index] for paired in by_design]
            if any(one.relation is Relation.BEATS for one in compared):
                return True
            return False if any(one.repeats >= court.folds for one in compared) else None
    return None


def _contender(court: Court, name: str, each: Finalist, table: TableShape | None) -> Contender:
    own = each.own
    estimate = court.estimate(list(each.scores.values())) if each.scores else None
    tested = own.score_test if own else None
    return Contender(
        name=name,
        trial=own.number if own else None,
        baseline=each.baseline,
        design=each.design,
        n_params=each.n_params,
        repeats=len(each.scores),
        mean=None if estimate is None else court.metric.utility(estimate.mean),
        interval=None if estimate is None else natural_interval(court.metric, estimate),
        score_val=own.score_val if own else None,
        score_test=tested,
        test_interval=None if tested is None else interval_of_test(court.metric, tested, table),
    )
