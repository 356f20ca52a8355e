"""What a study will take, from what a probe of it has shown: pure arithmetic.

The work of an epoch is that of designs drawn from the study's space. A probe trains some of them
for a moment. From it come the pace of the trainers, and how long designs train before they end for
themselves: a survival curve, since most are cut short (Kaplan and Meier, JASA 53, 1958). Rungs are
the study's own.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Final

from layerlab.domain.design import Design
from layerlab.domain.footprint import Kernel, cohort_footprint, epoch_work
from layerlab.domain.hyperband import trained_epochs
from layerlab.domain.space_drawing import draw_design
from layerlab.domain.spec import Engine, StudySpec, VerdictMode
from layerlab.domain.study import Cohort, Purpose, Trial
from layerlab.domain.table_shape import TableShape
from layerlab.domain.trial import StopReason, TrialState
from services.gateway.predicting_finals import Load, finals_seconds

# Operations of matrix products that a core does in a second, where nothing was measured.
_CORE_WORK: Final = 5e10
_KERAS_WORK: Final = 5e9
# Early stopping waits for max(10, 15 % of max_epochs) epochs without progress.
_PATIENCE: Final = 10
_PATIENCE_SHARE: Final = 0.15
# From a study's creation to its first step, and from its last one to its end: at least, at most.
_START_SECONDS: Final = (0.1, 0.3)
# What a search cohort's last lanes leave idle.
_TAIL_SECONDS: Final = 0.5
# What a measured and an unmeasured prediction may be wrong by, either way.
_SPREAD: Final = 1.35
_ROUGH_SPREAD: Final = 4.0
_ENOUGH_TRIALS: Final = 8
# Lanes of a cohort that take about a second of two cores together.
_COHORT_WORK: Final = 1e11
_MOST_LANES: Final = 256
_LEAST_LANES: Final = 8
# Designs drawn to know what an ordinary one takes; of those drawn, few may be allowed.
_SAMPLE: Final = 300
_MOST_DRAWN: Final = 3_000


@dataclass(frozen=True, slots=True)
class Measured:
    """What a probe has left in the ledger; `workers` that are there, with so many `threads` in all.

    `is_crowded`: other studies were under way, so that little is known of the pace.
    """

    trials: Sequence[Trial] = ()
    cohorts: Sequence[Cohort] = ()
    workers: int = 1
    threads: int = 2
    is_crowded: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Outlook:
    """`trials`: of the search. `is_rough`: it was not measured well enough to rely on."""

    seconds: Span
    size_bytes: Span
    trials: int
    is_rough: bool


def predict(spec: StudySpec, table: TableShape, measured: Measured) -> Outlook:
    designs = _sample(spec, table)
    work = fmean(epoch_work(each, table) for each in designs)
    pace = _pace(measured, table)
    is_rough = pace is None or measured.is_crowded or len(measured.trials) < _ENOUGH_TRIALS
    goes_on = _survival(measured.trials, spec.budget.max_epochs)
    epochs = trained_epochs(spec.halving, spec.budget.max_epochs, goes_on)
    pace = pace or _usual_pace(spec, measured)
    lane_seconds = max(1e-9, work * epochs / pace)
    limit, planned = spec.budget.time_seconds, spec.planned_trials
    trials = planned if planned is not None else _trials_in(spec, lane_seconds)
    spread = _ROUGH_SPREAD if is_rough else _spread(measured.trials)
    whole = work * trained_epochs(None, spec.budget.max_epochs, goes_on)
    load = Load(trials * work * epochs, whole, pace, measured.workers, spread)
    seconds = _seconds(spec, table, load)
    if limit is not None:
        low = limit * 0.8 if planned is None else min(seconds.low, limit)
        seconds = Span(low, min(seconds.high, limit) if planned is not None else limit)
    return Outlook(seconds, _bytes(spec, table, designs, measured), trials, is_rough)


def _seconds(spec: StudySpec, table: TableShape, load: Load) -> Span:
    search = load.search / load.pace
    low = _START_SECONDS[0] + search / load.spread
    high = _START_SECONDS[1] + _TAIL_SECONDS + search * load.spread
    if spec.verdict is VerdictMode.OFF:
        return Span(low, high)
    least, most = finals_seconds(spec, table, load)
    return Span(low + least, high + most)


def _trials_in(spec: StudySpec, lane_seconds: float) -> int:
    limit = spec.budget.time_seconds or 0.0
    return max(1, math.floor(limit / lane_seconds))


def _pace(measured: Measured, table: TableShape) -> float | None:
    """Work a second of all trainers together, from cohorts that were trained to their ends."""
    by_number = {trial.number: trial for trial in measured.trials}
    work = seconds = 0.0
    for cohort in measured.cohorts:
        if cohort.stats is None or cohort.purpose is not Purpose.SEARCH:
            continue
        seconds += cohort.stats.train_seconds
        lanes = (by_number[number] for number in cohort.numbers if number in by_number)
        work += sum(lane.epochs * epoch_work(lane.design, table) for lane in lanes)
    return measured.workers * work / seconds if work and seconds else None


def _usual_pace(spec: StudySpec, measured: Measured) -> float:
    core = _CORE_WORK if spec.engine is Engine.FUSED else _KERAS_WORK
    return core * max(1, measured.threads)


def _survival(trials: Sequence[Trial], max_epochs: int) -> Callable[[int], float]:
    """The part of lanes that train for longer than so many epochs, if nobody drops them.

    What a rung or the clock has ended might have gone on. Beyond what was seen, lanes end at the
    rate at which early stopping ends them on the whole.
    """
    ended = Counter(trial.epochs for trial in trials if _has_ended_itself(trial, max_epochs))
    seen = [trial.epochs for trial in trials if trial.epochs]
    last = max(seen, default=0)
    part, curve = 1.0, []
    for epoch in range(last + 1):
        at_risk = sum(each >= epoch for each in seen)
        part *= 1.0 - (ended[epoch] / at_risk if epoch else 0.0)
        curve.append(part)
    patience = 2 * max(_PATIENCE, _PATIENCE_SHARE * max_epochs)

    def goes_on(epoch: int) -> float:
        if epoch >= max_epochs:
            return 0.0
        return curve[epoch] if epoch <= last else part * math.exp(-(epoch - last) / patience)

    return goes_on


def _has_ended_itself(trial: Trial, max_epochs: int) -> bool:
    if trial.state is TrialState.FAILED:
        return trial.epochs > 0
    return trial.stop_reason is StopReason.EARLY_STOPPING and trial.epochs < max_epochs


def _spread(trials: Sequence[Trial]) -> float:
    """Wider, the fewer trials have been seen to their ends."""
    complete = sum(
        trial.state in (TrialState.SUCCEEDED, TrialState.PRUNED)
        and trial.stop_reason is not StopReason.TIME_BUDGET
        for trial in trials
    )
    return _SPREAD + 1.0 / math.sqrt(1 + complete)


def _bytes(
    spec: StudySpec, table: TableShape, designs: Sequence[Design], measured: Measured
) -> Span:
    """Of a training process at its peak: an ordinary cohort as predicted, and as measured."""
    kernel = Kernel.NATIVE if spec.engine is Engine.FUSED else Kernel.KERAS
    work = fmean(epoch_work(each, table) for each in designs)
    lanes = min(_MOST_LANES, max(_LEAST_LANES, round(_COHORT_WORK / (work * _PATIENCE))))
    if spec.planned_trials is not None:
        lanes = min(lanes, max(1, spec.planned_trials))
    sample = [designs[place % len(designs)] for place in range(lanes)]
    predicted = cohort_footprint(sample, table, kernel, measured.threads).total
    stats = [cohort.stats for cohort in measured.cohorts if cohort.stats]
    peaks = [each.peak_bytes for each in stats if each.peak_bytes]
    low = max(peaks, default=round(0.5 * predicted))
    return Span(0.7 * min(low, predicted), 1.5 * max(low, predicted))


def _sample(spec: StudySpec, table: TableShape) -> list[Design]:
    """Designs like those that the study will try; always the same ones."""
    draw, found = random.Random("estimate"), list(spec.designs)
    for _ in range(_MOST_DRAWN):
        if len(found) >= _SAMPLE:
            break
        design = draw_design(spec.space, draw)
        if spec.constraints.allow(design, table, spec.budget.max_epochs):
            found.append(design)
    return found or [Design(hidden=())]
