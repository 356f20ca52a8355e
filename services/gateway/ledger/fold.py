"""The record of one study, folded from its events. Pure: no I/O, no clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from layerlab.domain.design import Design
from layerlab.domain.evaluation import EvaluatedRows
from layerlab.domain.event import Event, EventType
from layerlab.domain.problem import NotFound
from layerlab.domain.spec import Engine, VerdictMode
from layerlab.domain.study import (
    FINALS,
    KEPT_MODELS,
    Cohort,
    Purpose,
    Standing,
    Study,
    Tally,
    Trial,
    standing,
)
from layerlab.domain.trial import CohortState, FailureReason, StopReason, StudyState, TrialState
from layerlab.domain.verdict_document import verdict_from_json
from services.gateway.ledger.cohort_documents import (
    receipt_from_json,
    stats_from_json,
    table_from_json,
)
from services.gateway.ledger.doc import Doc
from services.gateway.ledger.documents import place_of
from services.gateway.ledger.estimate_documents import estimate_from_json
from services.gateway.ledger.evaluations import KeptEvaluation
from services.gateway.ledger.halving_documents import rungs_from_json
from services.gateway.ledger.spec_documents import designs_from_json, spec_from_json


@dataclass(frozen=True, slots=True)
class CohortEntry:
    """A cohort, when it last changed its state, and how often its workers and children failed.

    `lost_workers` are those lost since it has last reported an epoch.
    """

    cohort: Cohort
    since: datetime
    lost_workers: int = 0
    failures: int = 0


@dataclass(slots=True)
class Record:
    """What the events up to `seq` come to.

    `trial_changes` and `cohort_changes` map to the event that last changed a state, the latest
    last: what a watcher has not seen is at their end. Epoch reports don't count as changes.
    `planned` is the spec's, worked out once: a space takes its time to count. `searched`, `ended`
    and `cancelled` count trials of the search; what was cancelled has ended, too. `leaders` are the
    best of them, best first, as many as there are models to keep. `in_finals`: a cohort of the
    finals is registered, after which no search goes on. `tests`: one that touches the test rows is;
    `explains`: one that trains around the winner. `finals` counts trials after the search, the
    first of which was registered at `finals_since`.
    """

    study_id: str
    seq: int = 0
    found: Study | None = None
    trials: dict[int, Trial] = field(default_factory=dict)
    cohorts: dict[str, CohortEntry] = field(default_factory=dict)
    trial_changes: dict[int, int] = field(default_factory=dict)
    cohort_changes: dict[str, int] = field(default_factory=dict)
    study_change: int = 0
    running: set[int] = field(default_factory=set)
    searched: int = 0
    ended: int = 0
    cancelled: int = 0
    leaders: tuple[Standing, ...] = ()
    planned: int | None = None
    in_finals: bool = False
    tests: bool = False
    finals: Tally = field(default_factory=Tally)
    finals_since: datetime | None = None
    explains: bool = False
    evaluations: dict[tuple[int, EvaluatedRows], KeptEvaluation] = field(default_factory=dict)

    @property
    def study(self) -> Study:
        """:raises NotFound: `unknown_study`, while no event has created it."""
        if self.found is None:
            raise NotFound("unknown_study", f"There is no study {self.study_id!r}.")
        return self.found

    @property
    def best(self) -> Standing | None:
        return self.leaders[0] if self.leaders else None

    @property
    def bar(self) -> Standing | None:
        """What a trial must beat for its model to be kept; None: any that succeeds is."""
        return self.leaders[-1] if len(self.leaders) == self._kept else None

    @property
    def _kept(self) -> int:
        return KEPT_MODELS if self.study.spec.verdict is VerdictMode.AUTO else 1

    def trial(self, number: int) -> Trial:
        """:raises NotFound: `unknown_study`, `unknown_trial`."""
        if number not in self.trials:
            study_id = self.study.study_id
            raise NotFound("unknown_trial", f"Study {study_id} has no trial {number}.")
        return self.trials[number]

    def entry(self, cohort_id: str) -> CohortEntry:
        """:raises NotFound: `unknown_study`, `unknown_cohort`."""
        if cohort_id not in self.cohorts:
            study_id = self.study.study_id
            raise NotFound("unknown_cohort", f"Study {study_id} has no cohort {cohort_id!r}.")
        return self.cohorts[cohort_id]

    def copy(self) -> Record:
        """One that goes its own way: all that it holds is immutable."""
        return replace(
            self,
            trials=self.trials.copy(),
            cohorts=self.cohorts.copy(),
            trial_changes=self.trial_changes.copy(),
            cohort_changes=self.cohort_changes.copy(),
            running=self.running.copy(),
            evaluations=self.evaluations.copy(),
        )

    def apply(self, event: Event) -> None:
        """Folds the next event in.

        :raises ValueError: when it is not the next one.
        """
        if event.seq != self.seq + 1:
            raise ValueError(f"event {event.seq} does not follow {self.seq} of {self.study_id}")
        _FOLDS[event.type](self, event, Doc(event.data))
        self.seq = event.seq

    def put_trial(self, trial: Trial) -> None:
        """Replaces a trial, and keeps what is counted over all of them."""
        before = self.trials.get(trial.number)
        self.trials[trial.number] = trial
        if trial.state is TrialState.RUNNING:
            self.running.add(trial.number)
        else:
            self.running.discard(trial.number)
        has_ended = trial.state.is_terminal and not (before and before.state.is_terminal)
        if trial.purpose is not Purpose.SEARCH:
            self.finals = Tally(self.finals.done + has_ended, self.finals.total + (before is None))
            self.finals_since = self.finals_since or trial.created_at
            return
        self.searched += before is None
        if has_ended:
            self.ended += 1
            self.cancelled += trial.state is TrialState.CANCELLED
            place = standing(trial, self.study.spec.metric)
            if place is not None:
                self._rank(place)

    def _rank(self, place: Standing) -> None:
        # Most of a study's trials are far from its best.
        if len(self.leaders) == self._kept and self.leaders[-1].rank <= place.rank:
            return
        ranked = sorted((*self.leaders, place), key=lambda each: each.rank)
        self.leaders = tuple(ranked[: self._kept])

    def put_cohort(self, entry: CohortEntry) -> None:
        purpose = entry.cohort.purpose
        self.tests = self.tests or purpose is Purpose.TEST
        self.explains = self.explains or purpose in (Purpose.ABLATION, Purpose.ROWS)
        self.in_finals = self.in_finals or purpose in FINALS
        self.cohorts[entry.cohort.cohort_id] = entry

    def put_evaluation(self, kept: KeptEvaluation) -> None:
        self.evaluations[kept.number, kept.rows] = kept

    def put_study(self, study: Study) -> None:
        if self.found is None:
            self.planned = study.spec.planned_trials
        self.found = study


def fold(study_id: str, events: Iterable[Event]) -> Record:
    record = Record(study_id)
    for event in events:
        record.apply(event)
    return record


def _study_created(record: Record, event: Event, data: Doc) -> None:
    spec = spec_from_json(event.data)
    record.put_study(
        Study(
            record.study_id,
            spec,
            data.member("state", StudyState),
            event.time,
            traceparent=data.text("traceparent") if data.has("traceparent") else "",
            table=table_from_json(data),
            estimate=estimate_from_json(data),
        )
    )
    record.study_change = event.seq


def _designs_added(record: Record, event: Event, data: Doc) -> None:
    study = record.study
    designs = (*study.spec.designs, *designs_from_json(data))
    record.put_study(replace(study, spec=replace(study.spec, designs=designs)))
    record.study_change = event.seq


def _verdict_reached(record: Record, event: Event, data: Doc) -> None:
    record.put_study(replace(record.study, verdict=verdict_from_json(data.object("verdict"))))
    record.study_change = event.seq


def _study_described(record: Record, event: Event, data: Doc) -> None:
    study = record.study
    name = data.text("name") if data.has("name") else study.spec.name
    record.put_study(
        replace(
            study,
            spec=replace(study.spec, name=name),
            note=data.text("note") if data.has("note") else study.note,
            tags=data.texts("tags") if data.has("tags") else study.tags,
        )
    )


def _study_deleted(record: Record, event: Event, data: Doc) -> None:
    record.put_study(replace(record.study, deleted_at=event.time))


def _study_restored(record: Record, event: Event, data: Doc) -> None:
    record.put_study(replace(record.study, deleted_at=None))


def _study_moved(record: Record, event: Event, data: Doc) -> None:
    study, to = record.study, data.member("to", StudyState)
    starts = to is StudyState.RUNNING and study.started_at is None
    record.put_study(
        replace(
            study,
            state=to,
            detail=data.text("detail"),
            started_at=event.time if starts else study.started_at,
            ended_at=event.time if to.is_terminal else None,
        )
    )
    record.study_change = event.seq


def _cohort_registered(record: Record, event: Event, data: Doc) -> None:
    cohort = Cohort(
        cohort_id=data.text("cohort_id"),
        study_id=record.study_id,
        purpose=data.member("purpose", Purpose),
        numbers=data.wholes("numbers"),
        state=data.member("state", CohortState),
        seq=event.seq,
        rungs=rungs_from_json(data),
    )
    record.put_cohort(CohortEntry(cohort, event.time))
    _touch(record.cohort_changes, cohort.cohort_id, event.seq)


def _cohort_moved(record: Record, event: Event, data: Doc) -> None:
    entry = record.cohorts[data.text("cohort_id")]
    to, reason = data.member("to", CohortState), data.optional_member("reason", FailureReason)
    held = to not in (CohortState.QUEUED, CohortState.PENDING)
    cohort = replace(
        entry.cohort,
        state=to,
        attempt=data.whole("attempt"),
        worker_id=data.text("worker_id") if held else "",
        incarnation=data.text("incarnation") if held else "",
        seq=event.seq,
        stats=stats_from_json(data),
        receipt=receipt_from_json(data),
    )
    lost = reason is FailureReason.WORKER_LOST
    record.cohorts[cohort.cohort_id] = CohortEntry(
        cohort,
        event.time,
        entry.lost_workers + lost,
        entry.failures + (reason is not None and not lost),
    )
    _touch(record.cohort_changes, cohort.cohort_id, event.seq)


def _trial_moved(record: Record, event: Event, data: Doc) -> None:
    number, to = data.whole("number"), data.member("to", TrialState)
    if not data.has("from"):
        trial = _new_trial(event, data)
    elif to is TrialState.RUNNING:
        trial = _started(record.trials[number], event, data)
    elif to.is_terminal:
        trial = _ended(record.trials[number], event, data)
    else:
        trial = replace(record.trials[number], state=to)
    record.put_trial(trial)
    _touch(record.trial_changes, number, event.seq)


def _new_trial(event: Event, data: Doc) -> Trial:
    return Trial(
        number=data.whole("number"),
        design=Design.from_json(data.object("design")),
        seed=data.whole("seed"),
        engine=data.member("engine", Engine),
        cohort_id=data.text("cohort_id"),
        state=data.member("to", TrialState),
        created_at=event.time,
        **place_of(data),
    )


def _started(trial: Trial, event: Event, data: Doc) -> Trial:
    """A new attempt knows nothing of what the one before has measured."""
    return replace(
        trial,
        state=TrialState.RUNNING,
        attempt=data.whole("attempt"),
        worker_id=data.text("worker_id"),
        started_at=event.time,
        score_val=None,
        val_loss=None,
        best_epoch=None,
        epochs=0,
    )


def _ended(trial: Trial, event: Event, data: Doc) -> Trial:
    return replace(
        trial,
        state=data.member("to", TrialState),
        reason=data.optional_member("reason", FailureReason),
        stop_reason=data.optional_member("stop_reason", StopReason),
        detail=data.text("detail"),
        score_val=data.optional_number("score_val"),
        val_loss=data.optional_number("val_loss"),
        best_epoch=data.optional_whole("best_epoch"),
        epochs=data.whole("epochs"),
        fit_time_seconds=data.optional_number("fit_time_seconds"),
        n_params=data.optional_whole("n_params"),
        has_model=data.flag("has_model"),
        ended_at=event.time,
    )


def _epochs_reported(record: Record, event: Event, data: Doc) -> None:
    utility = record.study.spec.metric.utility
    for report in data.docs("reports"):
        trial = record.trials[report.whole("number")]
        epoch, score = report.whole("epoch"), report.optional_number("score_val")
        better = score is not None and (
            trial.score_val is None or utility(score) > utility(trial.score_val)
        )
        # Until its end says better, a trial shows the best epoch so far.
        record.trials[trial.number] = (
            replace(
                trial,
                epochs=epoch,
                score_val=score,
                val_loss=report.optional_number("val_loss"),
                best_epoch=epoch,
            )
            if better
            else replace(trial, epochs=epoch)
        )
    entry = record.cohorts[data.text("cohort_id")]
    if entry.lost_workers:
        record.cohorts[entry.cohort.cohort_id] = replace(entry, lost_workers=0)


def _trial_tested(record: Record, event: Event, data: Doc) -> None:
    number = data.whole("number")
    record.put_trial(replace(record.trials[number], score_test=data.number("score_test")))
    _touch(record.trial_changes, number, event.seq)


def _trial_evaluated(record: Record, event: Event, data: Doc) -> None:
    record.put_evaluation(KeptEvaluation.from_doc(data))


def _touch(changes: dict[int, int] | dict[str, int], key: int | str, seq: int) -> None:
    changes.pop(key, None)  # type: ignore[arg-type]  # Each kind of key with its own dict.
    changes[key] = seq  # type: ignore[index]  # Likewise.


_FOLDS: Final[Mapping[EventType, Callable[[Record, Event, Doc], None]]] = {
    EventType.STUDY_CREATED: _study_created,
    EventType.DESIGNS_ADDED: _designs_added,
    EventType.VERDICT_REACHED: _verdict_reached,
    EventType.STUDY_STATE_CHANGED: _study_moved,
    EventType.STUDY_DESCRIBED: _study_described,
    EventType.STUDY_DELETED: _study_deleted,
    EventType.STUDY_RESTORED: _study_restored,
    EventType.COHORT_REGISTERED: _cohort_registered,
    EventType.COHORT_STATE_CHANGED: _cohort_moved,
    EventType.TRIAL_STATE_CHANGED: _trial_moved,
    EventType.EPOCHS_REPORTED: _epochs_reported,
    EventType.TRIAL_TESTED: _trial_tested,
    EventType.TRIAL_EVALUATED: _trial_evaluated,
}
