"""How many trials train together: enough that a cohort's fixed cost is small beside its work, few
enough that a first result comes early and several trainers end at about the same time.

A cohort costs some 25 ms beside its training: messages, claims, the first and last steps of its
threads. So it is to have about a second's work for two ordinary cores: hundreds of lanes on a
tiny table, a handful on a large one. Seconds are predicted from the designs that are drawn first;
what a machine really takes matters little, since all that follows from it are sizes.

The first cohorts have an eighth of that, and each twice as much as the one before. Where the plan
has an end, a cohort takes at most a quarter of what is left, down to a quarter second's work
(guided self-scheduling: Polychronopoulos and Kuck 1987): a study that is more than that is cut
into at least four.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from layerlab.domain.design import Design
from layerlab.domain.footprint import epoch_work
from layerlab.domain.hyperband import mean_epochs
from layerlab.domain.spec import StudySpec
from layerlab.domain.table_shape import TableShape

_SECONDS: Final = 1.0
_FIRST_SECONDS: Final = 0.125
_LAST_SECONDS: Final = 0.25
_SHARE: Final = 4
# Operations of matrix products that two cores do in a second.
_WORK_PER_SECOND: Final = 1e11
# Fewer lanes make poor brackets: 3 halvings by 3 leave one of them.
HALVING_LANES: Final = 27
# But the first epoch of all of them is not to take longer.
_EPOCH_SECONDS: Final = 10.0
# Half of what a bracket should have: two halvings leave two of them.
_HALF_A_BRACKET: Final = 14
# Early stopping waits for max(10, 15 % of max_epochs) epochs without progress.
_PATIENCE: Final = 10
_PATIENCE_SHARE: Final = 0.15
ORDINARY_TABLE: Final = TableShape(10_000, 2_500, 30, 10)
"""For studies from before the shape was recorded."""


@dataclass(frozen=True, slots=True)
class CohortLimits:
    """Lanes of a cohort, and its predicted bytes, those of the dataset excluded.

    `keras` trains one lane after another: more lanes would only keep other trainers waiting.
    `least` keeps a trainer's threads busy, with two lanes for each; memory may allow fewer.
    """

    fused: int = 256
    keras: int = 4
    least: int = 8
    max_bytes: int = 512 << 20


@dataclass(frozen=True, slots=True)
class Window:
    """Numbers that are chosen together, and then cut into so many cohorts."""

    numbers: range
    cohorts: int


@dataclass(frozen=True, slots=True)
class Sizes:
    """Lanes of a cohort: at least, at most, and for a cohort of some seconds' work."""

    least: int
    most: int
    lane_seconds: float

    def of(self, seconds: float) -> int:
        return max(self.least, min(self.most, int(seconds / self.lane_seconds)))

    def times(self, cohorts: int) -> Sizes:
        """Of what is cut into so many cohorts later."""
        return Sizes(cohorts * self.least, cohorts * self.most, self.lane_seconds / cohorts)

    def for_parts(self, cohorts: int) -> Sizes:
        """Of what is cut into so many small ones."""
        least = min(self.most, max(self.least, cohorts * self.least_gathered))
        return Sizes(least, self.most, self.lane_seconds)

    @property
    def least_gathered(self) -> int:
        """Lanes of one preparation that make a bracket of their own."""
        return min(self.least, _HALF_A_BRACKET)


def fused_sizes(
    spec: StudySpec, table: TableShape | None, sample: Sequence[Design], limits: CohortLimits
) -> Sizes:
    """`sample`: designs like those that the study will have."""
    table = table or ORDINARY_TABLE
    works = [epoch_work(design, table) for design in sample]
    epoch_seconds = sum(works) / len(works) / _WORK_PER_SECOND
    least = limits.least
    if spec.halving and epoch_seconds * HALVING_LANES <= _EPOCH_SECONDS:
        planned = spec.planned_trials
        quarter = HALVING_LANES if planned is None else math.ceil(planned / _SHARE)
        least = max(least, min(HALVING_LANES, quarter))
    least = min(least, limits.fused)
    return Sizes(least, limits.fused, epoch_seconds * _expected_epochs(spec))


def keras_sizes(limits: CohortLimits) -> Sizes:
    """Lanes take seconds each: there is nothing to save with many of them."""
    return Sizes(1, limits.keras, _SECONDS / limits.keras)


def windows(sizes: Sizes, planned: int | None, as_drawn: bool) -> Iterator[Window]:
    """All numbers from 1, in order; without end if the plan has none.

    A window of several cohorts lets like designs train together; with `as_drawn` there is only
    one in each, so that it is a sample of the whole space.
    """
    start, seconds = 1, _FIRST_SECONDS
    while planned is None or start <= planned:
        size = sizes.of(min(seconds, _SECONDS))
        cohorts = 1 if as_drawn or seconds < _SECONDS else _SHARE
        if planned is not None:
            left = planned + 1 - start
            size = min(size, max(sizes.of(_LAST_SECONDS), math.ceil(left / _SHARE)))
            cohorts = max(1, min(cohorts, left // (2 * size)))
            # No cohort is a small rest.
            if left - size * cohorts < sizes.least / 2:
                size, cohorts = left, math.ceil(left / sizes.most)
        count = size * cohorts if planned is None else min(left, size * cohorts)
        yield Window(range(start, start + count), cohorts)
        start, seconds = start + count, 2 * seconds


def _expected_epochs(spec: StudySpec) -> float:
    """Of a lane, on average: some end early, some at a rung."""
    most = spec.budget.max_epochs
    patient = min(most, 2 * max(_PATIENCE, _PATIENCE_SHARE * most))
    return min(patient, mean_epochs(spec.halving, most)) if spec.halving else patient
