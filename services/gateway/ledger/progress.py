"""How far a study is, and when it will be done."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Final

from layerlab.domain.phases import has_verdict, kept_seconds
from layerlab.domain.study import Progress, Purpose, StudyPhase
from layerlab.domain.trial import StudyState
from services.gateway.ledger.fold import Record
from services.gateway.ledger.views import StudyView

_FINALS_SECONDS: Final = 3.0
_FINALS_SHARE: Final = 0.5


def view(record: Record, now: datetime) -> StudyView:
    best = None if record.best is None else record.trials[record.best.number]
    verdict = record.study.verdict
    headline = verdict.headline if verdict else ""
    return StudyView(record.study, progress(record, now), best, record.seq, headline)


def seconds_left(record: Record, now: datetime) -> float | None:
    """Of the time budget, from 0; None without one. Suspended or not, it runs from creation."""
    limit = record.study.spec.budget.time_seconds
    return None if limit is None else max(0.0, limit - _since(record.study.created_at, now))


def progress(record: Record, now: datetime) -> Progress:
    study = record.study
    total = _total(record, now)
    low, high = _remaining(record, total, now)
    if low is not None and has_verdict(study.spec) and not study.state.is_terminal:
        low, high = _with_finals(record, low, high or 0.0, now)
    return Progress(
        done=record.ended,
        total=total,
        running=len(record.running),
        elapsed_seconds=_since(study.created_at, study.ended_at or now),
        eta_low_seconds=low,
        eta_high_seconds=high,
        phase=_phase(record),
        finals=record.finals,
        cancelled=record.cancelled,
    )


def _phase(record: Record) -> StudyPhase:
    if record.study.state.is_terminal:
        return StudyPhase.ENDED
    if record.tests:
        return StudyPhase.TEST
    if record.explains:
        return StudyPhase.EXPLAIN
    return StudyPhase.CONFIRM if record.in_finals else StudyPhase.SEARCH


def _total(record: Record, now: datetime) -> int:
    """What is planned: the smaller of `max_trials` and the space, or what the time will take.

    Never less than what is registered already.
    """
    study, registered = record.study, record.searched
    if study.state.is_terminal or study.state is StudyState.STOPPING:
        return registered
    left = seconds_left(record, now)
    if record.planned is not None:
        return max(registered, record.planned)
    if left is None or study.started_at is None or not record.ended:
        return registered
    rate = record.ended / max(_since(study.started_at, now), 1e-3)
    if has_verdict(study.spec):
        left = max(0.0, left - kept_seconds(study.spec, Purpose.SEARCH))
    return max(registered, record.ended + math.floor(rate * left))


def _remaining(record: Record, total: int, now: datetime) -> tuple[float | None, float | None]:
    """Between how many and how many seconds are left.

    With the part f of all work done in t seconds, t (1 - f) / f seconds are to be expected,
    give or take a factor of 1 + 1 / (1 + √n) when n trials have ended: early ones say little
    about the rest. Work is counted in trials; one that runs counts as the part of `max_epochs`
    that it has trained. Never more than the time budget leaves.
    """
    study, left = record.study, seconds_left(record, now)
    if study.state.is_terminal:
        return 0.0, 0.0
    done = record.ended + sum(
        min(1.0, record.trials[number].epochs / study.spec.budget.max_epochs)
        for number in record.running
        if record.trials[number].purpose is Purpose.SEARCH
    )
    # While a study is suspended, nothing but its time budget will end it.
    if study.started_at is None or study.state is StudyState.SUSPENDED or done == 0 or total == 0:
        return None, left
    part = min(1.0, done / total)
    expected = _since(study.started_at, now) * (1.0 - part) / part
    spread = 1.0 + 1.0 / (1.0 + math.sqrt(record.ended))
    bound = math.inf if left is None else left
    return min(expected / spread, bound), min(expected * spread, bound)


def _with_finals(record: Record, low: float, high: float, now: datetime) -> tuple[float, float]:
    """What is left of the search, and the finals after it: as a rule half as long as the search and
    three seconds more, give or take a factor of two, and never beyond the time budget."""
    study = record.study
    searched, spent = _since(study.started_at or now, now), 0.0
    if record.finals_since is not None:
        spent = _since(record.finals_since, now)
        searched, low, high = searched - spent, 0.0, 0.0
    finals = max(_FINALS_SECONDS + _FINALS_SHARE * (searched + (low + high) / 2) - spent, 1.0)
    left = seconds_left(record, now)
    bound = math.inf if left is None else left
    return min(low + finals / 2, bound), min(high + 2 * finals, bound)


def _since(start: datetime, now: datetime) -> float:
    # A clock that was set back must not make time run backwards.
    return max(0.0, (now - start).total_seconds())
