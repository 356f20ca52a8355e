"""A study played by hand: what is planned is done, and the trainers do as they are told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from layerlab.domain.spec import StudySpec
from layerlab.domain.study import Cohort, Purpose, Trial
from layerlab.domain.trial import (
    CohortState,
    FailureReason,
    StudyState,
)
from layerlab.domain.verdict import Verdict
from services.scheduler.actions import (
    Action,
    EndStudy,
    Judge,
    MarkCohort,
    PublishCohort,
    RegisterCohort,
    StartStudy,
)
from services.scheduler.analysis.verdict import reach_verdict
from services.scheduler.finals.limits import limits_of
from services.scheduler.planner import next_action
from services.scheduler.record import StudyRecord
from tests.unit.scheduler.builders import (
    LIMITS,
    a_delta,
    a_study,
    failed,
    succeeded,
)

WAITING = 2
NOW = 50.0


class Play:
    """Carries out what is planned, as the ledger and the queue would, and plays the trainers."""

    def __init__(
        self,
        spec: StudySpec | None = None,
        state: StudyState = StudyState.RUNNING,
        seconds_left: float | None = None,
    ) -> None:
        self.study = a_study(spec, state)
        self.record = StudyRecord(self.study, LIMITS)
        self.now = NOW
        self.verdicts: list[Verdict] = []
        self.tell(seconds_left=seconds_left)

    def tell(
        self,
        *trials: Trial,
        cohorts: tuple[Cohort, ...] = (),
        seconds_left: float | None = None,
    ) -> None:
        self.record.merge(a_delta(self.study, trials, cohorts, True, seconds_left), self.now)

    def move(self, state: StudyState) -> None:
        self.study = replace(self.study, state=state)
        self.tell()

    def next(self) -> Action | None:
        return next_action(self.record, self.now, WAITING)

    def go_on(self) -> list[Action]:
        """Everything that is done until there is nothing more to do."""
        actions: list[Action] = []
        while (action := self.next()) is not None:
            actions.append(action)
            assert len(actions) < 100
            if isinstance(action, EndStudy):
                break
            self.perform(action)
        return actions

    def perform(self, action: Action) -> None:
        match action:
            case StartStudy():
                self.move(StudyState.RUNNING)
            case RegisterCohort(cohort_id, purpose, proposals, finalists):
                numbers = tuple(each.number for each in proposals) or finalists
                self.record.add_cohort(Cohort(cohort_id, "s1", purpose, numbers), proposals)
            case PublishCohort(cohort_id):
                self.record.note_published(cohort_id)
            case MarkCohort(cohort_id):
                self.record.note_marked(cohort_id, self.now)
                self._put(cohort_id, CohortState.QUEUED)
            case Judge(round_number, is_final):
                spec, trials = self.study.spec, list(self.record.trials)
                limits = limits_of(self.record, is_final)
                verdict = reach_verdict(spec, self.study.table, trials, is_final, limits)
                self.verdicts.append(verdict)
                self.record.take_verdict(verdict, round_number)

    def claim(self, cohort_id: str) -> None:
        self._put(cohort_id, CohortState.RUNNING)

    def give_back(self, cohort_id: str) -> None:
        self._put(cohort_id, CohortState.QUEUED)

    def put_off(self, cohort_id: str) -> None:
        """A trainer has found the study suspended."""
        self._put(cohort_id, CohortState.PENDING)

    def end(self, cohort_id: str, end: Callable[[Trial], Trial]) -> None:
        cohort = self.record.cohorts[cohort_id]
        if cohort.purpose is not Purpose.TEST:
            self.tell(*(end(self.trial(number)) for number in cohort.numbers))
        self._put(cohort_id, CohortState.ENDED)

    def trial(self, number: int) -> Trial:
        return self.record.known.trials.get(number) or self.record.finals[number]

    def run_all(self, end: Callable[[Trial], Trial]) -> list[Action]:
        """Search cohorts one after another, until nothing waits."""
        actions = self.go_on()
        while self.record.waiting:
            self.end(self.record.waiting[0].cohort_id, end)
            actions += self.go_on()
        return actions

    def _put(self, cohort_id: str, state: CohortState) -> None:
        self.tell(cohorts=(replace(self.record.cohorts[cohort_id], state=state),))

    def test(self, score: float = 0.5) -> None:
        """The finalists' test comes to its end."""
        test = self.record.test_cohort
        assert test is not None
        self.tell(*(replace(self.trial(number), score_test=score) for number in test.numbers))
        self.end(test.cohort_id, by_number)


def by_number(trial: Trial) -> Trial:
    return succeeded(trial, trial.number / 1000)


def nan_loss(trial: Trial) -> Trial:
    return failed(trial, FailureReason.NAN_LOSS, "The loss is not a number in epoch 3.")


def ids(actions: list[Action], kind: type[RegisterCohort | PublishCohort]) -> list[str]:
    return [action.cohort_id for action in actions if isinstance(action, kind)]


def the_end(actions: list[Action]) -> EndStudy:
    assert isinstance(actions[-1], EndStudy)
    return actions[-1]
