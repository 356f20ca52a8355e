"""Which trials train together.

Lanes of a fused cohort train in lockstep, so they share a batch size; lanes of like shape waste
less on padding. Numbers are therefore planned by windows: all designs of a window are chosen,
then sorted by shape and cut into cohorts.

The first windows are small. On a large table even one epoch of 32 lanes takes long, and with
little time a few trained networks are better than many that are not. A plan of few trials is
cut into at least four cohorts, since nobody knows here how many trainers there are.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from layerlab.domain.design import Design, trial_seed
from layerlab.domain.study import Engine, Proposal, StudySpec
from services.scheduler.search import KnownTrials, build_searcher

_FIRST_WINDOWS: Final = (8, 8, 16)
_COHORTS_PER_WINDOW: Final = 4
_LEAST_COHORTS: Final = 4
_LEAST_LANES: Final = 8


@dataclass(frozen=True, slots=True)
class LaneLimits:
    """The most lanes of a cohort.

    `keras` trains one lane after another: more lanes would only keep other trainers waiting.
    """

    fused: int = 32
    keras: int = 4


class CohortPlan:
    """The cohorts of one study, one after another."""

    def __init__(self, spec: StudySpec, limits: LaneLimits) -> None:
        self._dataset_id = spec.dataset_id
        self._lockstep = spec.engine is Engine.FUSED
        self._searcher = build_searcher(spec)
        self._planned = spec.planned_trials
        self._most = max_lanes(spec.engine, self._planned, limits)

    def next_lanes(self, known: KnownTrials) -> tuple[Proposal, ...]:
        """The lanes of the next cohort to register; none when everything is registered.

        It follows from the trials that are known alone: after a crash amid a window, and in
        another scheduler, the rest of the window is cut as it would have been.

        :raises InvalidInput: when the space can't be searched as the study wants it.
        """
        window = _window(known.first_missing, self._most)
        if self._planned is not None:
            window = range(window.start, min(window.stop, self._planned + 1))
        numbers = [number for number in window if number not in known.trials]
        designs = self._searcher.propose(numbers, known)
        proposals = [
            Proposal(number, design, trial_seed(self._dataset_id, design))
            # Fewer designs than numbers: the space has no more.
            for number, design in zip(numbers, designs, strict=False)
        ]
        cohorts = group_proposals(proposals, self._most, self._lockstep)
        return cohorts[0] if cohorts else ()


def max_lanes(engine: Engine, planned: int | None, limits: LaneLimits) -> int:
    if engine is Engine.KERAS:
        return limits.keras
    if planned is None:
        return limits.fused
    return min(limits.fused, max(_LEAST_LANES, math.ceil(planned / _LEAST_COHORTS)))


def group_proposals(
    proposals: Iterable[Proposal], most: int, lockstep: bool
) -> list[tuple[Proposal, ...]]:
    """Cohorts of at most `most` lanes each, the largest networks first.

    Then the last one to end is a short one, and the trainers end at about the same time.
    """

    def batch_size(proposal: Proposal) -> int:
        return proposal.design.batch_size if lockstep else 0

    cohorts = [
        chunk
        for _, alike in groupby(sorted(proposals, key=batch_size), key=batch_size)
        for chunk in _even_chunks(sorted(alike, key=_largest_first), most)
    ]
    cohorts.sort(key=lambda cohort: _largest_first(cohort[0]))
    return [tuple(sorted(cohort, key=lambda lane: lane.number)) for cohort in cohorts]


def _window(number: int, most: int) -> range:
    """The numbers that are planned together with `number`."""
    first = 1
    for size in (min(each, most) for each in _FIRST_WINDOWS):
        if number < first + size:
            return range(first, first + size)
        first += size
    size = _COHORTS_PER_WINDOW * most
    start = number - (number - first) % size
    return range(start, start + size)


def _largest_first(proposal: Proposal) -> tuple[int, int, int, int]:
    widest, layers, units = _shape(proposal.design)
    return -widest, -layers, -units, proposal.number


def _shape(design: Design) -> tuple[int, int, int]:
    return max(design.hidden, default=0), design.n_layers, sum(design.hidden)


def _even_chunks(lanes: Sequence[Proposal], most: int) -> Iterator[Sequence[Proposal]]:
    """As few chunks as possible, the sizes of which differ by one at most, larger ones first.

    Without the first chunk, the rest is cut into the same chunks as before.
    """
    start = 0
    for left in range(math.ceil(len(lanes) / most), 0, -1):
        size = math.ceil((len(lanes) - start) / left)
        yield lanes[start : start + size]
        start += size
