"""The cohorts of a study: which wait, which run, and how fast they go."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from layerlab.domain.study import Cohort, Purpose
from layerlab.domain.trial import CohortState

# How far back the pace is measured, and how much work therefore waits.
_PACE_SECONDS: Final = 1.0
_WAITS: Final = frozenset({CohortState.PENDING, CohortState.QUEUED})


@dataclass(slots=True)
class Stage:
    """Of the search, or of the finals: what no trainer has and what one has, as registered."""

    registered: int = 0
    waiting: dict[str, Cohort] = field(default_factory=dict)
    running: dict[str, Cohort] = field(default_factory=dict)

    @property
    def has_unfinished(self) -> bool:
        return bool(self.waiting or self.running)


class CohortBook:
    """All cohorts by id; those that train also by their stage. The test trains nothing."""

    def __init__(self) -> None:
        self.cohorts: dict[str, Cohort] = {}
        self.search = Stage()
        self.finals = Stage()
        self._ends: deque[float] = deque()

    def put(self, cohort: Cohort) -> None:
        before = self.cohorts.get(cohort.cohort_id)
        self.cohorts[cohort.cohort_id] = cohort
        stage = self._stage_of(cohort)
        if stage is None:
            return
        stage.registered += before is None
        for cohorts, holds in (
            (stage.waiting, cohort.state in _WAITS),
            (stage.running, cohort.state is CohortState.RUNNING),
        ):
            if holds:
                cohorts[cohort.cohort_id] = cohort
            else:
                cohorts.pop(cohort.cohort_id, None)

    def remove(self, cohort_id: str) -> None:
        """It was never registered."""
        cohort = self.cohorts.pop(cohort_id, None)
        stage = None if cohort is None else self._stage_of(cohort)
        if stage is not None:
            stage.registered -= 1
            stage.waiting.pop(cohort_id, None)

    def note_end(self, now: float) -> None:
        """A trainer has just ended a cohort."""
        self._ends.append(now)

    def demand(self, now: float) -> int:
        """How many cohorts the trainers will have begun a second from now, or a little more: one
        for each that trains now, and as many as have just ended within a second.
        """
        while self._ends and self._ends[0] < now - _PACE_SECONDS:
            self._ends.popleft()
        return len(self.search.running) + len(self.finals.running) + len(self._ends)

    def first_free(self, study_id: str) -> int:
        """Which search cohort is to be registered next, counting from 1."""
        # Some before the last one may be missing, when a scheduler died amid several.
        numbers = count(self.search.registered + 1)
        return next(each for each in numbers if search_id(study_id, each) not in self.cohorts)

    def _stage_of(self, cohort: Cohort) -> Stage | None:
        if cohort.purpose is Purpose.TEST:
            return None
        return self.search if cohort.purpose is Purpose.SEARCH else self.finals


def search_id(study_id: str, number: int) -> str:
    return f"{study_id}-c{number:04}"
