"""What the scheduler knows of a study: what the ledger has said, and what it has done since."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import count
from typing import Final

from layerlab.domain.exchange import StudyDelta
from layerlab.domain.study import (
    Cohort,
    CohortRef,
    Proposal,
    Purpose,
    Standing,
    Study,
    Trial,
    standing,
)
from layerlab.domain.trial import CohortState, TrialState
from services.scheduler.actions import RegisterCohort
from services.scheduler.cohorts import CohortPlan
from services.scheduler.search import KnownTrials
from services.scheduler.sizing import CohortLimits

# How far back the pace is measured, and how much work therefore waits.
_PACE_SECONDS: Final = 1.0
# Within it, whoever has registered a cohort has published and marked it, or is in trouble.
_OTHERS_SECONDS: Final = 2.0


class StudyRecord:
    """Rebuilt from the ledger's first deltas; nothing in here is worth saving.

    `deadline` is when the time budget ends, by the scheduler's own clock; None without one.
    `registering` has the cohorts that the ledger has not confirmed yet: what is planned next
    takes them for granted. `published` and `marked` are ids of cohorts that the queue has taken
    from this scheduler, and that the ledger has heard of; the ledger's own word on it comes with a
    later delta. `under_way` are ids of cohorts that something is being done about.
    `untestable`: the ledger has refused a test.

    What another scheduler has registered is left to it for a while: both would publish it, and
    trainers would take each message for work.
    """

    def __init__(self, study: Study, limits: CohortLimits) -> None:
        self.study = study
        self.plan = CohortPlan(study.spec, limits, study.table)
        self.known = KnownTrials()
        self.cohorts: dict[str, Cohort] = {}
        self.is_complete = False
        self.deadline: float | None = None
        self.registering: dict[str, RegisterCohort] = {}
        self.published: set[str] = set()
        self.marked: set[str] = set()
        self.under_way: set[str] = set()
        self.untestable = False
        self._others: dict[str, float] = {}
        self._searching = 0
        self._unfinished: set[int] = set()
        self._waiting: dict[str, Cohort] = {}
        self._running: dict[str, Cohort] = {}
        self._ends: deque[float] = deque()
        self._best: Standing | None = None

    def merge(self, delta: StudyDelta, now: float) -> None:
        """Takes in what is new; merging the same delta again changes nothing."""
        self.study = delta.study
        for cohort in delta.cohorts:
            self.end_registration(cohort)
        for trial in delta.trials:
            self._put_trial(trial)
        for cohort in delta.cohorts:
            before = self.cohorts.get(cohort.cohort_id)
            ended = cohort.state is CohortState.ENDED
            # What had ended before this scheduler came says nothing about the pace.
            if self.is_complete and ended and not (before and before.state is CohortState.ENDED):
                self._ends.append(now)
            # What was there before this scheduler came may be nobody's any more.
            if self.is_complete and before is None:
                self.leave_to_others(cohort.cohort_id, now)
            self._put_cohort(cohort)
        self.is_complete = self.is_complete or delta.complete
        if delta.seconds_left is not None:
            deadline = now + delta.seconds_left
            # The way here takes time, which only ever makes the deadline look later than it is.
            self.deadline = deadline if self.deadline is None else min(self.deadline, deadline)

    def begin_registration(self, action: RegisterCohort) -> None:
        """Takes it for done, so that the next cohort can be planned meanwhile."""
        if action.cohort_id not in self.registering:
            self.registering[action.cohort_id] = action
            numbers = tuple(each.number for each in action.proposals) or action.finalists
            cohort = Cohort(
                action.cohort_id,
                self.study.study_id,
                action.purpose,
                numbers,
                rungs=action.rungs,
            )
            self.add_cohort(cohort, action.proposals)

    def end_registration(self, cohort: Cohort) -> None:
        """The ledger's word, which may be of other lanes: another scheduler was faster."""
        action = self.registering.get(cohort.cohort_id)
        if action is None:
            return
        numbers = tuple(each.number for each in action.proposals) or action.finalists
        if numbers != cohort.numbers:
            self.give_up_registration(cohort.cohort_id)
            self.add_cohort(cohort, action.proposals)
        else:
            del self.registering[cohort.cohort_id]
            self._put_cohort(cohort)

    def give_up_registration(self, cohort_id: str) -> None:
        """The ledger has refused it: its lanes are free again."""
        action = self.registering.pop(cohort_id, None)
        if action is None:
            return
        self._searching -= action.purpose is Purpose.SEARCH
        for cohorts in (self.cohorts, self._waiting):
            cohorts.pop(cohort_id, None)
        trials = (self.known.trials.get(each.number) for each in action.proposals)
        numbers = {each.number for each in trials if each and each.cohort_id == cohort_id}
        self._unfinished -= numbers
        self.known.forget(numbers)

    def add_cohort(self, cohort: Cohort, proposals: Sequence[Proposal]) -> None:
        """Takes in a registration before the ledger's delta about it arrives."""
        self._put_cohort(cohort)
        for proposal in proposals:
            # Another scheduler may have registered other lanes under this id.
            if proposal.number in cohort.numbers and proposal.number not in self.known.trials:
                self._put_trial(
                    Trial(
                        number=proposal.number,
                        design=proposal.design,
                        seed=proposal.seed,
                        engine=self.study.spec.engine,
                        cohort_id=cohort.cohort_id,
                        state=TrialState.PENDING,
                    )
                )

    def leave_to_others(self, cohort_id: str, now: float) -> None:
        """Another scheduler has registered the cohort: it publishes it, if it lives."""
        self._others[cohort_id] = now

    def is_left_to_others(self, cohort_id: str, now: float) -> bool:
        return now < self._others.get(cohort_id, -_OTHERS_SECONDS) + _OTHERS_SECONDS

    def ref(self, cohort_id: str) -> CohortRef:
        return CohortRef(self.study.study_id, cohort_id, self.study.traceparent)

    @property
    def next_cohort(self) -> int:
        """Which search cohort is to be registered next, counting from 1."""
        # Some before the last one may be missing, when a scheduler died amid several.
        numbers = count(self._searching + 1)
        return next(each for each in numbers if self.cohort_id(each) not in self.cohorts)

    def cohort_id(self, number: int) -> str:
        return f"{self.study.study_id}-c{number:04}"

    @property
    def test_cohort_id(self) -> str:
        return f"{self.study.study_id}-test"

    @property
    def test_cohort(self) -> Cohort | None:
        return self.cohorts.get(self.test_cohort_id)

    @property
    def waiting(self) -> list[Cohort]:
        """Search cohorts that no trainer has, in the order of registration."""
        return list(self._waiting.values())

    @property
    def running(self) -> list[Cohort]:
        """Search cohorts that a trainer has."""
        return list(self._running.values())

    def demand(self, now: float) -> int:
        """How many search cohorts the trainers will have begun a second from now, or a little
        more: one for each that trains now, and as many as have just ended within a second.
        """
        while self._ends and self._ends[0] < now - _PACE_SECONDS:
            self._ends.popleft()
        return len(self._running) + len(self._ends)

    @property
    def has_unfinished(self) -> bool:
        return bool(self._unfinished)

    @property
    def n_ended(self) -> int:
        return len(self.known.trials) - len(self._unfinished)

    @property
    def best(self) -> Trial | None:
        return None if self._best is None else self.known.trials[self._best.number]

    def _put_trial(self, trial: Trial) -> None:
        self.known.put(trial)
        if trial.state.is_terminal:
            self._unfinished.discard(trial.number)
        else:
            self._unfinished.add(trial.number)
        place = standing(trial, self.study.spec.metric)
        if place is not None and place.beats(self._best):
            self._best = place

    def _put_cohort(self, cohort: Cohort) -> None:
        cohort_id, before = cohort.cohort_id, self.cohorts.get(cohort.cohort_id)
        if cohort.state is CohortState.ENDED or (before and _has_come_back(before, cohort)):
            self.published.discard(cohort_id)
            self.marked.discard(cohort_id)
            self._others.pop(cohort_id, None)
        self.cohorts[cohort_id] = cohort
        if cohort.purpose is not Purpose.SEARCH:
            return
        self._searching += before is None
        for cohorts, holds in (
            (self._waiting, cohort.state in (CohortState.PENDING, CohortState.QUEUED)),
            (self._running, cohort.state is CohortState.RUNNING),
        ):
            if holds:
                cohorts[cohort_id] = cohort
            else:
                cohorts.pop(cohort_id, None)


def _has_come_back(before: Cohort, after: Cohort) -> bool:
    """Its trainer was lost, or has put it off while the study was suspended: its message is gone.

    A delta may leave out what was between; the event that made it PENDING is another one then.
    """
    moved = before.state is not CohortState.PENDING or after.seq > before.seq
    return after.state is CohortState.PENDING and moved
