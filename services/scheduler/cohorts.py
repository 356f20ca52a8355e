"""Which trials train together.

Numbers are planned by windows (`sizing.py`): all designs of a window are chosen, sorted by their
work, and cut into cohorts of about equal work. So lanes of a cohort take about equally long, and a
cohort of a few lanes does not wait for the largest of them. Where cohorts halve, each is a window
of its own: a rung is to compare designs as they were drawn.

Engines train lanes of any designs together; none pads one lane to another's size. What a cohort
may take of a machine's memory is predicted, and limits it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from layerlab.domain.design import Design, trial_seed
from layerlab.domain.footprint import Kernel, cohort_footprint, epoch_work, how_many_fit
from layerlab.domain.spec import Engine, StudySpec
from layerlab.domain.study import Proposal, Trial
from layerlab.domain.table_shape import TableShape
from services.scheduler.search import KnownTrials, build_searcher
from services.scheduler.sizing import (
    ORDINARY_TABLE,
    CohortLimits,
    Sizes,
    Window,
    fused_sizes,
    keras_sizes,
    windows,
)

_SAMPLE: Final = 32
# Whichever of them a trainer has; a thread more costs little memory.
_KERNELS: Final = {
    Engine.FUSED: (Kernel.NATIVE, Kernel.STACK),
    Engine.KERAS: (Kernel.KERAS,),
}
_THREADS: Final = 4


@dataclass(frozen=True, slots=True)
class Wish:
    """Designs that a search wants before its next cohort can be cut: for `numbers`, learnt from
    `trials`, which have all ended. It follows from the ledger alone, whatever else is known.
    """

    numbers: tuple[int, ...]
    trials: tuple[Trial, ...]


class CohortPlan:
    """The cohorts of one study, one after another."""

    def __init__(
        self, spec: StudySpec, limits: CohortLimits, table: TableShape | None = None
    ) -> None:
        """`table`: what sizes are predicted from; None: it is not known."""
        self._spec, self._limits, self._table = spec, limits, table
        self._searcher = build_searcher(spec)
        self._cut: tuple[Window, list[tuple[Proposal, ...]]] | None = None
        self._windows: list[Window] = []

    def has_more(self, known: KnownTrials) -> bool:
        """Whether some planned trial is not registered, as far as can be said by now: a search that
        learns finds out only later that its space has no more.

        :raises InvalidInput: when the space can't be searched as the study wants it.
        """
        return bool(self.next_lanes(known))

    def wish(self, known: KnownTrials) -> Wish | None:
        """What must be granted before `next_lanes` has more: the same one, until it is granted.
        None: nothing, or not yet, since trials that it learns from still train.
        """
        return None

    def grant(self, wish: Wish, designs: Sequence[Design]) -> None:
        """Its designs, in the order of its numbers; fewer: the space has no more."""

    def add_designs(self, designs: Sequence[Design]) -> None:
        """The study's own designs, all of them, of which there may be more than before. Those that
        no trial has take the next free numbers.
        """

    def next_lanes(self, known: KnownTrials) -> tuple[Proposal, ...]:
        """The lanes of the next cohort to register; none when everything is registered, or when
        there is something to wait for: a grant, or trials that a search learns from.

        It follows from the study and the trials that are known: after a crash amid a window, and
        in another scheduler, the rest of the window is cut as it would have been.

        :raises InvalidInput: when the space can't be searched as the study wants it.
        """
        window = self._window_of(known.first_missing)
        if window is None:
            return ()
        for cohort in self._cohorts_of(window, known):
            lanes = tuple(lane for lane in cohort if lane.number not in known.trials)
            if lanes:
                return lanes
        return ()

    @cached_property
    def _sizes(self) -> Sizes:
        if self._spec.engine is Engine.KERAS:
            return keras_sizes(self._limits)
        sample = self._searcher.propose(range(1, _SAMPLE + 1), KnownTrials())
        return fused_sizes(self._spec, self._table, sample, self._limits)

    @cached_property
    def _following(self) -> Iterator[Window]:
        spec = self._spec
        return windows(self._sizes, spec.planned_trials, as_drawn=spec.halving is not None)

    def _window_of(self, number: int) -> Window | None:
        while not self._windows or self._windows[-1].numbers.stop <= number:
            window = next(self._following, None)
            if window is None:
                return None
            self._windows.append(window)
        # Mostly the last one.
        return next(each for each in reversed(self._windows) if number in each.numbers)

    def _cohorts_of(self, window: Window, known: KnownTrials) -> list[tuple[Proposal, ...]]:
        if self._cut is None or self._cut[0] != window:
            # All numbers before the window are known here, so that it is always the same.
            designs = self._searcher.propose(window.numbers, known)
            lanes = [
                Proposal(number, design, trial_seed(self._spec.dataset_id, design))
                # Fewer designs than numbers: the space has no more.
                for number, design in zip(window.numbers, designs, strict=False)
            ]
            cutter = Cutter(
                self._table or ORDINARY_TABLE,
                _KERNELS[self._spec.engine],
                self._sizes,
                self._limits.max_bytes,
            )
            self._cut = window, cutter.cut(lanes, window.cohorts)
        return self._cut[1]


@dataclass(frozen=True, slots=True)
class Cutter:
    """Cuts lanes into cohorts that fit."""

    table: TableShape
    kernels: Sequence[Kernel]
    sizes: Sizes
    max_bytes: int

    def cut(self, lanes: Sequence[Proposal], cohorts: int) -> list[tuple[Proposal, ...]]:
        """About so many, of about equal work, those with the largest lanes first: then the last
        ones to end are of small ones. More, where memory or `most` demands it.
        """
        ordered = [(epoch_work(lane.design, self.table), lane) for lane in lanes]
        if cohorts > 1:
            ordered.sort(key=lambda each: (-each[0], each[1].number))
        found: list[tuple[Proposal, ...]] = []
        while ordered:
            left = max(1, cohorts - len(found), math.ceil(len(ordered) / self.sizes.most))
            share = sum(work for work, _ in ordered) / left
            taken = self._first([work for work, _ in ordered], share, is_last=left == 1)
            chosen = [lane for _, lane in ordered[:taken]]
            taken = how_many_fit([lane.design for lane in chosen], self.max_bytes, self._bytes)
            found.append(tuple(sorted(chosen[:taken], key=lambda lane: lane.number)))
            ordered = ordered[taken:]
        return found

    def _first(self, works: Sequence[float], share: float, is_last: bool) -> int:
        """How many lanes have that share of the work: one more would be above it."""
        sizes = self.sizes
        if is_last:
            return min(len(works), sizes.most)
        total, count = 0.0, 0
        for work in works:
            if count >= sizes.least and total + work > share:
                break
            total, count = total + work, count + 1
        # What is left is a cohort, too.
        rest = len(works) - count
        if 0 < rest < sizes.least:
            count = max(1, len(works) - sizes.least)
        return min(count, sizes.most)

    def _bytes(self, designs: Sequence[Design]) -> int:
        return max(
            cohort_footprint(designs, self.table, kernel, _THREADS).resident
            for kernel in self.kernels
        )
