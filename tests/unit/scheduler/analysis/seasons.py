"""Plays the finals of many studies of a world to their ends, and counts what was claimed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from layerlab.domain.baseline import Baseline
from layerlab.domain.design import Design
from layerlab.domain.metric import Metric
from layerlab.domain.verdict import Interval, Relation
from services.scheduler.analysis.finalists import Finalist
from services.scheduler.analysis.judging import (
    Court,
    Paired,
    Ruling,
    compare_designs,
    judge,
    judge_baselines,
)
from services.scheduler.analysis.levels import MAX_ROUNDS
from services.scheduler.analysis.scores import natural_interval
from tests.unit.scheduler.analysis.worlds import FOLDS, Floats, World


@dataclass(frozen=True)
class Season:
    """Shares of studies, but for `covered` (of intervals) and `repeats` (mean, per contender).

    `false`: whether any claim of any round, between designs, was wrong. `false_baseline`: any
    claim that the final winner beats a baseline, or a baseline it. `found`: the best design was
    named as the only one that stands. `naive_wrong`: the highest mean of the first round is not a
    best design's.
    """

    false: float
    false_baseline: float
    covered: float
    own_covered: float
    found: float
    beats_baseline: float
    naive_wrong: float
    repeats: float


@dataclass
class _Play:
    """One study's finals."""

    is_false: bool = False
    intervals: int = 0
    covered: int = 0
    repeats: int = 0


def play_season(
    world: World, baselines: Sequence[Baseline] = (), rounds: int = MAX_ROUNDS
) -> Season:
    """The last contenders of the world are its `baselines`; they are trained in every round.
    After `rounds` there is no time for more."""
    court = Court(Metric.ACCURACY, FOLDS, world.learning_rows)
    designs = world.scores.shape[1] - len(baselines)
    best = world.truth[:designs].max()
    plays, false_baseline, own, found, beats, naive = [], 0, 0, 0, 0, 0
    for scores in world.scores:
        play = _Play()
        ruling = _play(court, scores[:designs], world.truth, play, rounds)
        winner = _index(ruling.leader)
        estimate = court.estimate(list(ruling.leader.scores.values()))
        own += _covers(natural_interval(Metric.ACCURACY, estimate), world.truth[winner])
        found += ruling.standing == 1 and world.truth[winner] == best
        naive += world.truth[scores[:designs, :FOLDS].mean(axis=1).argmax()] < best
        fitted = [
            Finalist(
                None, kind, None, None, _first(scores[designs + place], len(ruling.leader.scores))
            )
            for place, kind in enumerate(baselines)
        ]
        against = judge_baselines(court, ruling.leader, fitted, designs)
        gaps = [world.truth[winner] - each for each in world.truth[designs:]]
        wrong = [_is_false(*each) for each in zip(against, gaps, strict=True)]
        false_baseline += any(wrong)
        beats += bool(against) and all(each.relation is Relation.BEATS for each in against)
        plays.append(play)
    count = len(plays)
    intervals = sum(each.intervals for each in plays)
    return Season(
        false=sum(each.is_false for each in plays) / count,
        false_baseline=false_baseline / count,
        covered=sum(each.covered for each in plays) / max(1, intervals),
        own_covered=own / count,
        found=found / count,
        beats_baseline=beats / count,
        naive_wrong=naive / count,
        repeats=sum(each.repeats for each in plays) / count / designs,
    )


def _play(court: Court, scores: Floats, truth: Floats, play: _Play, rounds: int) -> Ruling:
    known = dict.fromkeys(range(len(scores)), 0)
    open_ = list(known)
    for round_ in range(1, rounds + 1):
        known.update((index, FOLDS * round_) for index in open_)
        finalists = [_finalist(index, scores[index], known[index]) for index in known]
        ruling = judge(court, finalists, is_final=round_ == rounds)
        leader = ruling.leader
        against = [
            (each, compare_designs(court, leader, each, len(known), ruling.is_last))
            for each in ruling.finalists[1:]
        ]
        gaps = [truth[_index(leader)] - truth[_index(each)] for each, _ in against]
        pairs = [(paired, gap) for (_, paired), gap in zip(against, gaps, strict=True)]
        play.is_false |= any(_is_false(*each) for each in pairs)
        open_ = [_index(each) for each in ruling.open]
        if not open_:
            break
    play.intervals = len(pairs)
    play.covered = sum(_covers(paired.interval, gap) for paired, gap in pairs)
    play.repeats = sum(known.values())
    return ruling


def _finalist(index: int, scores: Floats, repeats: int) -> Finalist:
    return Finalist(Design((index + 1,)), None, None, index + 1, _first(scores, repeats))


def _first(scores: Floats, repeats: int) -> dict[int, float]:
    return {repeat + 1: float(scores[repeat]) for repeat in range(repeats)}


def _index(finalist: Finalist) -> int:
    assert finalist.design is not None
    return finalist.design.hidden[0] - 1


def _is_false(paired: Paired, gap: float) -> bool:
    """A claim that truth does not bear out; equal ones beat each other never."""
    if paired.relation is Relation.BEATS:
        return gap <= 0
    return paired.relation is Relation.LOSES and gap >= 0


def _covers(interval: Interval | None, value: float) -> bool:
    return interval is not None and interval.low <= value <= interval.high
