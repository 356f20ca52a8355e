"""What the scheduler knows of a study: what the ledger has said, and what it has done since."""

from __future__ import annotations

from collections.abc import Sequence

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
from services.scheduler.cohorts import CohortPlan, LaneLimits
from services.scheduler.search import KnownTrials


class StudyRecord:
    """Rebuilt from the ledger's first deltas; nothing in here is worth saving.

    `deadline` is when the time budget ends, by the scheduler's own clock; None without one.
    `published` and `marked` are ids of cohorts that the queue has taken from this scheduler, and
    that the ledger has heard of; the ledger's own word on it comes with a later delta.
    `untestable`: the ledger has refused a test.
    """

    def __init__(self, study: Study, limits: LaneLimits) -> None:
        self.study = study
        self.plan = CohortPlan(study.spec, limits)
        self.known = KnownTrials()
        self.cohorts: dict[str, Cohort] = {}
        self.is_complete = False
        self.deadline: float | None = None
        self.published: set[str] = set()
        self.marked: set[str] = set()
        self.untestable = False
        self._unfinished: set[int] = set()
        self._open: dict[str, Cohort] = {}
        self._best: Standing | None = None

    def merge(self, delta: StudyDelta, now: float) -> None:
        """Takes in what is new; merging the same delta again changes nothing."""
        self.study = delta.study
        self.is_complete = self.is_complete or delta.complete
        for trial in delta.trials:
            self._put_trial(trial)
        for cohort in delta.cohorts:
            self._put_cohort(cohort)
        if delta.seconds_left is not None:
            deadline = now + delta.seconds_left
            # The way here takes time, which only ever makes the deadline look later than it is.
            self.deadline = deadline if self.deadline is None else min(self.deadline, deadline)

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

    def ref(self, cohort_id: str) -> CohortRef:
        return CohortRef(self.study.study_id, cohort_id)

    @property
    def next_cohort_id(self) -> str:
        searching = sum(each.purpose is Purpose.SEARCH for each in self.cohorts.values())
        return f"{self.study.study_id}-c{searching + 1:04}"

    @property
    def test_cohort_id(self) -> str:
        return f"{self.study.study_id}-test"

    @property
    def test_cohort(self) -> Cohort | None:
        return self.cohorts.get(self.test_cohort_id)

    @property
    def waiting(self) -> list[Cohort]:
        """Search cohorts that no trainer has, in the order of registration."""
        return [each for each in self._searching if each.state is not CohortState.RUNNING]

    @property
    def running(self) -> list[Cohort]:
        """Search cohorts that a trainer has."""
        return [each for each in self._searching if each.state is CohortState.RUNNING]

    @property
    def has_unfinished(self) -> bool:
        return bool(self._unfinished)

    @property
    def n_ended(self) -> int:
        return len(self.known.trials) - len(self._unfinished)

    @property
    def best(self) -> Trial | None:
        return None if self._best is None else self.known.trials[self._best.number]

    @property
    def _searching(self) -> list[Cohort]:
        return [each for each in self._open.values() if each.purpose is Purpose.SEARCH]

    def _put_trial(self, trial: Trial) -> None:
        self.known.put(trial)
        if trial.state.is_terminal:
            self._unfinished.discard(trial.number)
        else:
            self._unfinished.add(trial.number)
        place = standing(trial)
        if place is not None and place.beats(self._best):
            self._best = place

    def _put_cohort(self, cohort: Cohort) -> None:
        before = self.cohorts.get(cohort.cohort_id)
        if before and before.state is CohortState.QUEUED and cohort.state is CohortState.PENDING:
            # A trainer has put it off while the study was suspended: its message is gone.
            self.published.discard(cohort.cohort_id)
            self.marked.discard(cohort.cohort_id)
        self.cohorts[cohort.cohort_id] = cohort
        if cohort.state is CohortState.ENDED:
            self._open.pop(cohort.cohort_id, None)
        else:
            self._open[cohort.cohort_id] = cohort
