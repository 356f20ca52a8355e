"""Which trials train together.

Numbers are planned by windows (`sizing.py`): all designs of a window are chosen, sorted by their
work, and cut into cohorts of about equal work (`cutting.py`). So lanes of a cohort take about
equally long, and a cohort of a few lanes does not wait for the largest of them. Where cohorts
halve, a window is one cohort for each preparation: a rung is to compare designs as they were drawn.

A search that learns gets its designs window by window from the scheduler's thinking child, and
waits for results: what it learns from for a window are the trials of all windows but the last one
before it, to their ends. So designs depend on the study alone, however many trainers there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Final

from layerlab.domain.design import Design, trial_seed
from layerlab.domain.spec import Engine, Search, StudyKind, StudySpec
from layerlab.domain.study import Proposal, Trial
from layerlab.domain.table_shape import TableShape
from services.scheduler.cutting import Cutter, gather, how_many_preparations
from services.scheduler.search import (
    ASKED,
    LEARNING,
    KnownTrials,
    Searcher,
    Wish,
    build_searcher,
)
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
# While one window trains, the next one waits for its trainer: so a search that learns knows the
# results of all but those two. With 1, trainers would wait for designs.
_LAG: Final = 2
# Fewer designs at a time learn more from each other's results: where cohorts halve, a bracket's.
_MOST_LEARNING: Final = 32
# Of these each window has a cohort; more would make windows from which nothing can be learnt soon.
_MOST_PREPARATIONS: Final = 3


class CohortPlan:
    """The cohorts of one study, one after another."""

    def __init__(
        self, spec: StudySpec, limits: CohortLimits, table: TableShape | None = None
    ) -> None:
        """`table`: what sizes are predicted from; None: it is not known."""
        self._spec, self._limits, self._table = spec, limits, table
        self._own = tuple(dict.fromkeys(spec.designs))
        self._windows: list[Window] = []
        self._granted: dict[int, Mapping[int, Design]] = {}
        self._cut: tuple[Window, list[tuple[Proposal, ...]]] | None = None

    def add_designs(self, designs: Sequence[Design]) -> None:
        """The study's own designs, all of them, of which there may be more than before. Those that
        no trial has take the next free numbers.
        """
        if len(designs) > len(self._own):
            self._own = tuple(dict.fromkeys(designs))
            self._cut = None

    def next_lanes(self, known: KnownTrials) -> tuple[Proposal, ...]:
        """The lanes of the next cohort to register; none when everything is registered, or when
        there is something to wait for: a grant, or trials that a search learns from.

        It follows from the study and the trials that are known: after a crash amid a window, and
        in another scheduler, the rest of the window is cut as it would have been.

        :raises InvalidInput: when the space can't be searched as the study wants it.
        """
        if self._spec.kind is StudyKind.REPLAY:
            return () if known.trials else (_replayed(self._spec),)
        window = self._window_of(known)
        if window is None:
            return ()
        for cohort in self._cohorts_of(window, known):
            lanes = tuple(lane for lane in cohort if lane.number not in known.trials)
            if lanes:
                return lanes
        return ()

    def has_more(self, known: KnownTrials) -> bool:
        """Whether some planned trial is not registered, as far as can be said by now: a search that
        learns finds out only later that its space has no more.

        :raises InvalidInput: when the space can't be searched as the study wants it.
        """
        if self.next_lanes(known):
            return True
        window = None if self._spec.kind is StudyKind.REPLAY else self._window_of(known)
        return window is not None and self._is_to_be_asked(window, known)

    def wish(self, known: KnownTrials) -> Wish | None:
        """What must be granted before `next_lanes` has more: the same one, until it is granted.
        None: nothing, or not yet, since trials that it learns from still train.

        :raises InvalidInput: when the space can't be searched as the study wants it.
        """
        if self._spec.search not in ASKED or self._spec.kind is StudyKind.REPLAY:
            return None
        window = self._window_of(known)
        if window is None or not self._is_to_be_asked(window, known):
            return None
        numbers = self._searched(window, known)
        before = [known.trials[number] for number in range(1, window.numbers.start)]
        learnt = before[: self._first_unlearnt(window) - 1]
        if not all(trial.state.is_terminal for trial in learnt):
            return None
        unlearnt = [trial.design for trial in before[len(learnt) :]]
        pending = dict.fromkeys([*unlearnt, *self._own])
        for trial in learnt:
            pending.pop(trial.design, None)
        return Wish(tuple(numbers), tuple(learnt), tuple(pending))

    def grant(self, wish: Wish, designs: Sequence[Design]) -> None:
        """Its designs, in the order of its numbers; fewer: the space has no more."""
        window = next(each for each in self._windows if wish.numbers[0] in each.numbers)
        granted = dict(zip(wish.numbers, designs, strict=False))
        self._granted = {window.numbers.start: granted}
        self._cut = None

    @cached_property
    def _searcher(self) -> Searcher:
        return build_searcher(self._spec, self._table)

    @cached_property
    def _sizes(self) -> Sizes:
        spec = self._spec
        if spec.engine is Engine.KERAS:
            return keras_sizes(self._limits)
        sample = self._searcher.propose(range(1, _SAMPLE + 1), KnownTrials())
        sizes = fused_sizes(spec, self._table, sample or [Design(hidden=())], self._limits)
        if spec.search in LEARNING:
            return replace(sizes, most=max(sizes.least, min(sizes.most, _MOST_LEARNING)))
        return sizes

    @cached_property
    def _following(self) -> Iterator[Window]:
        spec, sizes = self._spec, self._sizes
        if spec.halving is not None:
            cohorts = min(how_many_preparations(spec), _MOST_PREPARATIONS)
            # Small brackets cost a search that learns less than results that come late.
            is_learning = spec.search in LEARNING
            sizes = sizes.for_parts(cohorts) if is_learning else sizes.times(cohorts)
        as_drawn = spec.halving is not None or spec.search in LEARNING
        return windows(sizes, self._planned, as_drawn)

    @property
    def _planned(self) -> int | None:
        """Own designs come in addition to the space's."""
        planned, most = self._spec.planned_trials, self._spec.budget.max_trials
        if planned is None:
            return None
        total = planned + len(self._own)
        return total if most is None else min(total, most)

    def _window_of(self, known: KnownTrials) -> Window | None:
        """That of the first number without a trial; None: the plan has no more."""
        number = known.first_missing
        while not self._windows or self._windows[-1].numbers.stop <= number:
            window = next(self._following, None) or self._window_of_late(known)
            if window is None:
                return None
            self._windows.append(window)
        # Mostly the last one.
        return next(each for each in reversed(self._windows) if number in each.numbers)

    def _window_of_late(self, known: KnownTrials) -> Window | None:
        """For own designs that came when every window had been planned."""
        start = self._windows[-1].numbers.stop if self._windows else 1
        count = sum(not known.has(each) for each in self._own)
        if self._spec.budget.max_trials is not None:
            count = min(count, self._spec.budget.max_trials + 1 - start)
        return Window(range(start, start + count), 1) if count > 0 else None

    def _cohorts_of(self, window: Window, known: KnownTrials) -> list[tuple[Proposal, ...]]:
        if self._cut is None or self._cut[0] != window:
            designs = self._designs_of(window, known)
            lanes = [
                Proposal(number, design, trial_seed(self._spec.dataset_id, design))
                for number, design in sorted(designs.items())
            ]
            table = self._table or ORDINARY_TABLE
            cutter = Cutter(self._spec, table, self._sizes, self._limits.max_bytes)
            self._cut = window, cutter.cut(lanes, window.cohorts)
        return self._cut[1]

    def _designs_of(self, window: Window, known: KnownTrials) -> dict[int, Design]:
        """Of all its numbers; fewer: the space has no more, or they must be granted first.

        All numbers before the window are known, so that the search's are always the same.
        """
        found: Mapping[int, Design] = {}
        if self._is_asked(window):
            found = self._granted.get(window.numbers.start, {})
        else:
            numbers = self._searched(window, known)
            designs = self._searcher.propose(numbers, known, frozenset(self._own))
            found = dict(zip(numbers, designs, strict=False))
        if self._spec.halving and self._spec.search is not Search.GRID:
            first = window.numbers.start
            found = gather(
                found,
                self._spec,
                self._sizes.least_gathered,
                lambda each: known.is_used_before(each, first),
            )
        registered = {
            number: known.trials[number].design
            for number in window.numbers
            if number in known.trials
        }
        return {**found, **self._own_places(window, known), **registered}

    def _own_places(self, window: Window, known: KnownTrials) -> dict[int, Design]:
        """Where in the window the user's own designs go that have no trial yet."""
        free = (number for number in window.numbers if number not in known.trials)
        return dict(zip(free, (each for each in self._own if not known.has(each)), strict=False))

    def _searched(self, window: Window, known: KnownTrials) -> list[int]:
        """The numbers of the window that are not for the user's own designs."""
        places = self._own_places(window, known)
        own = {number for number in window.numbers if self._is_own(known.trials.get(number))}
        return [number for number in window.numbers if number not in places and number not in own]

    def _is_own(self, trial: Trial | None) -> bool:
        return trial is not None and trial.design in self._own

    def _is_asked(self, window: Window) -> bool:
        """Whether its designs come from the thinking child. Before there are any results, those of
        a search that learns are drawn.
        """
        if self._spec.search in LEARNING:
            return self._windows.index(window) >= _LAG
        return self._spec.search in ASKED

    def _is_to_be_asked(self, window: Window, known: KnownTrials) -> bool:
        if not self._is_asked(window) or window.numbers.start in self._granted:
            return False
        return any(number not in known.trials for number in self._searched(window, known))

    def _first_unlearnt(self, window: Window) -> int:
        """The first trial whose result that window may not know."""
        if self._spec.search not in LEARNING:
            return 1
        return self._windows[self._windows.index(window) - _LAG + 1].numbers.start


def _replayed(spec: StudySpec) -> Proposal:
    design, replay = spec.designs[0], spec.replay
    if replay is None:
        return Proposal(1, design, trial_seed(spec.dataset_id, design))
    return Proposal(1, design, replay.seed, replay.repeat, replay.share)
