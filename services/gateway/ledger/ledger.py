"""The ledger: the gateway's record of studies, cohorts and trials."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Final, Self

import structlog

from layerlab.domain.design import Design
from layerlab.domain.estimate import Estimate
from layerlab.domain.evaluation import EvaluatedRows, Evaluation
from layerlab.domain.event import Event
from layerlab.domain.exchange import (
    Attended,
    Claim,
    QueueReport,
    Reclaimed,
    Registration,
    ReportAck,
    ReportBatch,
    StudyDelta,
)
from layerlab.domain.halving import Rung
from layerlab.domain.problem import NotFound, Unavailable
from layerlab.domain.spec import StudySpec
from layerlab.domain.study import Cohort, CohortRef, Proposal, Purpose, Study, Trial
from layerlab.domain.table_shape import TableShape
from layerlab.domain.trial import FailureReason, StudyState
from layerlab.domain.verdict import Verdict
from layerlab.domain.worker import Worker
from layerlab.ports import DatasetStore, EventFeed, RunStore, StudySummary
from layerlab.tracing import current_traceparent
from services.gateway.ledger import reading
from services.gateway.ledger.activity import page_of_activity
from services.gateway.ledger.actor import in_milliseconds
from services.gateway.ledger.attendance import Attendance
from services.gateway.ledger.book import Book
from services.gateway.ledger.cohort_pages import page_of_cohorts
from services.gateway.ledger.decisions import (
    claims,
    cohorts,
    descriptions,
    designs,
    studies,
    verdicts,
)
from services.gateway.ledger.decisions.command import look
from services.gateway.ledger.decisions.descriptions import Description
from services.gateway.ledger.decisions.leases import Leases
from services.gateway.ledger.documents import study_from_json
from services.gateway.ledger.evaluations import (
    KeptEvaluation,
    load_evaluation,
    save_evaluation,
)
from services.gateway.ledger.fold import Record
from services.gateway.ledger.ids import new_id
from services.gateway.ledger.models import load_model, save_model
from services.gateway.ledger.pages import page_of_studies
from services.gateway.ledger.progress import view
from services.gateway.ledger.reporting import acknowledge
from services.gateway.ledger.trials import page_of_trials, sort_trials
from services.gateway.ledger.views import (
    ActivityPage,
    AddedDesigns,
    CohortPage,
    CurvePoint,
    StudyPage,
    StudyQuery,
    StudyVerb,
    StudyView,
    TrialPage,
    TrialQuery,
    TrialSelection,
)
from services.gateway.ledger.work import Work, epochs_under_way, work_of

log = structlog.get_logger()

_ALL_STUDIES: Final = StudyQuery()
# A scheduler tells every five seconds.
_REPORT_FRESH: Final = timedelta(seconds=16)


class Ledger:
    """The public side, and the two sides that trainers and scheduler see.

    It is a CohortLedger and a StudyLedger. Every change is durable before it is answered, and
    `Unavailable` is raised by everything while the store can't be reached.
    """

    def __init__(
        self,
        store: RunStore,
        feed: EventFeed,
        models: DatasetStore,
        lease_seconds: float = 15.0,
    ) -> None:
        self._store = store
        self._feed = feed
        self._models = models
        self._lease_seconds = lease_seconds
        self._book = Book(store, feed)
        self._attendance = Attendance(store, lease_seconds)
        self._up_since: datetime | None = None

    async def __aenter__(self) -> Self:
        """Loads the studies that have not ended, lest the first to ask for one waits for that.

        It opens without its store, too: services start in any order.
        """
        try:
            self._up_since = await self._now()
            for study_id in await self._book.active():
                await self._book.actor(study_id).do(look(view))
        except Unavailable as problem:
            log.warning("the ledger waits for its store", reason=problem.detail)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Returns when everything accepted is durable or refused."""
        await self._attendance.close()
        await self._book.finish()

    # What the world sees.

    async def create_study(
        self,
        spec: StudySpec,
        study_id: str = "",
        table: TableShape | None = None,
        estimate: Estimate | None = None,
    ) -> StudyView:
        """A study with a new id, unless the caller brings one that makes repeating safe.

        Its cohorts are sized by `table`.

        :raises Conflict: `study_exists`.
        """
        command = studies.create(spec, current_traceparent(), table, estimate)
        return await self._book.actor(study_id or new_id()).do(command)

    async def add_designs(self, study_id: str, asked: Sequence[Design]) -> AddedDesigns:
        """Designs to try next; those that were asked for before are named.

        :raises NotFound: `unknown_study`.
        :raises Conflict: `search_is_over`, `no_trials_left`.
        :raises InvalidInput: `too_many_designs`.
        """
        return await self._book.actor(study_id).do(designs.add(asked))

    async def get_study(self, study_id: str) -> StudyView:
        """:raises NotFound: `unknown_study`."""
        return await self._book.actor(study_id).do(look(view))

    async def list_studies(self, query: StudyQuery = _ALL_STUDIES) -> StudyPage:
        """:raises InvalidInput: `invalid_page_size`, `invalid_page_token`."""
        summaries, token = await page_of_studies(self._store, query)
        views = await asyncio.gather(*(self._view(summary) for summary in summaries))
        return StudyPage(tuple(views), token)

    async def list_trials(self, study_id: str, query: TrialQuery) -> TrialPage:
        """:raises NotFound: `unknown_study`.
        :raises InvalidInput: `unknown_order`, `invalid_page_size`, `invalid_page_token`.
        """

        def read(record: Record, now: datetime) -> TrialPage:
            return page_of_trials(record.trials.values(), query, record.study.spec.metric)

        return await self._book.actor(study_id).do(look(read))

    async def select_trials(self, study_id: str, query: TrialQuery) -> TrialSelection:
        """All at once, in the order asked for.

        :raises NotFound: `unknown_study`.
        :raises InvalidInput: `unknown_order`, `invalid_condition`.
        """

        def read(record: Record, now: datetime) -> TrialSelection:
            found = sort_trials(record.trials.values(), query, record.study.spec.metric)
            return TrialSelection(record.seq, tuple(found))

        return await self._book.actor(study_id).do(look(read))

    async def list_activity(self, study_id: str, size: int, page_token: str) -> ActivityPage:
        """:raises NotFound: `unknown_study`.
        :raises InvalidInput: `invalid_page_size`, `invalid_page_token`.
        """
        return await page_of_activity(
            self._store, study_id, await self.last_seq(study_id), size, page_token
        )

    async def list_cohorts(self, study_id: str, size: int, page_token: str) -> CohortPage:
        """In the order of registration.

        :raises NotFound: `unknown_study`.
        :raises InvalidInput: `invalid_page_size`, `invalid_page_token`.
        """

        def read(record: Record, now: datetime) -> CohortPage:
            cohorts = (entry.cohort for entry in record.cohorts.values())
            return page_of_cohorts(cohorts, size, page_token)

        return await self._book.actor(study_id).do(look(read))

    async def get_cohort_of(self, study_id: str, number: int) -> tuple[Trial, Cohort]:
        """A trial and the cohort that it trained in, at one moment.

        :raises NotFound: `unknown_study`, `unknown_trial`.
        """

        def read(record: Record, now: datetime) -> tuple[Trial, Cohort]:
            trial = record.trial(number)
            return trial, record.entry(trial.cohort_id).cohort

        return await self._book.actor(study_id).do(look(read))

    async def get_trial(self, study_id: str, number: int) -> tuple[Trial, tuple[CurvePoint, ...]]:
        """The trial, and the epochs of its current attempt.

        :raises NotFound: `unknown_study`, `unknown_trial`.
        """
        trial = await self._trial(study_id, number)
        return trial, await reading.curve(self._store, study_id, trial)

    async def find_evaluation(
        self, study_id: str, number: int, wanted: Sequence[EvaluatedRows]
    ) -> Evaluation | None:
        """On the first of the `wanted` rows that the trial was evaluated on.

        :raises NotFound: `unknown_study`, `unknown_trial`.
        """

        def read(record: Record, now: datetime) -> KeptEvaluation | None:
            record.trial(number)
            found = (record.evaluations.get((number, rows)) for rows in wanted)
            return next(filter(None, found), None)

        kept = await self._book.actor(study_id).do(look(read))
        return await load_evaluation(self._models, study_id, kept) if kept else None

    async def move_by_user(self, study_id: str, verb: StudyVerb) -> StudyView:
        """Obeying a verb again changes nothing. Cancelling ends all trials at once.

        :raises NotFound: `unknown_study`.
        :raises Conflict: `illegal_move`.
        """
        return await self._book.actor(study_id).do(studies.move_by_user(verb))

    async def describe_study(self, study_id: str, description: Description) -> StudyView:
        """:raises NotFound: `unknown_study`."""
        return await self._book.actor(study_id).do(descriptions.describe(description))

    async def delete_study(self, study_id: str) -> StudyView:
        """:raises NotFound: `unknown_study`.
        :raises Conflict: `study_is_active`.
        """
        return await self._book.actor(study_id).do(descriptions.delete())

    async def restore_study(self, study_id: str) -> StudyView:
        """:raises NotFound: `unknown_study`."""
        return await self._book.actor(study_id).do(descriptions.restore())

    async def last_seq(self, study_id: str) -> int:
        """The number of the study's last event.

        :raises NotFound: `unknown_study`.
        """
        return await self._book.actor(study_id).do(look(lambda record, now: record.seq))

    def follow(self, study_id: str, after: int = 0) -> AsyncIterator[Event]:
        """Every event after `after`, in order, without a gap, until the study has ended.

        :raises NotFound: `unknown_study`.
        :raises InvalidInput: `invalid_cursor`, when `after` is beyond the log.
        """
        return reading.follow(self._store, self._feed, self._book.actor(study_id), after)

    async def list_workers(self) -> list[Worker]:
        """Those heard of in the last minute, sorted by id."""
        return await self._attendance.list_workers()

    async def drain_worker(self, worker_id: str, wanted: bool = True) -> Worker:
        """Has a worker end what it holds and take no more, or take cohorts again.

        :raises NotFound: `unknown_worker`.
        """
        return await self._attendance.drain(worker_id, wanted)

    async def work_of(self, worker: Worker) -> Work | None:
        """What it trains, if anything that the ledger knows."""
        if not worker.cohort_id:
            return None
        try:
            return await self._book.actor(worker.study_id).do(look(work_of(worker)))
        except NotFound:
            return None

    async def epochs_under_way(self, study_ids: Sequence[str]) -> int:
        """Epochs so far of all trials of these studies that train now."""
        each = (self._book.actor(one).do(look(epochs_under_way)) for one in study_ids)
        return sum(await asyncio.gather(*each))

    async def queue_report(self) -> QueueReport | None:
        """What the broker has said of the queue, unless that is old."""
        told = await self._store.queue_report()
        if told is None or await self._store.now() - told[1] > _REPORT_FRESH:
            return None
        return told[0]

    # What a trainer sees.

    async def claim_cohort(self, cohort: CohortRef, worker_id: str, incarnation: str) -> Claim:
        actor = self._book.actor(cohort.study_id)
        by = cohort.cohort_id, worker_id, incarnation, self._lease_seconds
        claim = await actor.do(claims.claim(*by))
        if claim is None:
            claim = await actor.do(claims.claim(*by, await self._leases()))
            assert claim is not None  # With the leases it is decided.
        return claim

    def report_cohort(
        self, cohort: CohortRef, attempt: int, batches: AsyncIterator[ReportBatch]
    ) -> AsyncIterator[ReportAck]:
        actor = self._book.actor(cohort.study_id)
        return acknowledge(actor, cohort.cohort_id, attempt, batches)

    async def release_cohort(
        self, cohort: CohortRef, attempt: int, reason: FailureReason | None, detail: str = ""
    ) -> bool:
        command = claims.release(cohort.cohort_id, attempt, reason, detail)
        return await self._book.actor(cohort.study_id).do(command)

    def attend(self, reports: AsyncIterator[Worker]) -> AsyncIterator[Attended]:
        return self._attendance.attend(reports)

    async def upload_model(self, study_id: str, number: int, attempt: int, weights: bytes) -> None:
        """What a stale attempt sends is dropped: its report will tell it to stop.

        :raises NotFound: `unknown_study`, `unknown_trial`.
        """
        trial = await self._trial(study_id, number)
        if trial.attempt == attempt:
            await save_model(self._models, study_id, trial, weights)

    async def download_model(self, study_id: str, number: int) -> bytes:
        return await load_model(self._models, study_id, await self._trial(study_id, number))

    async def upload_evaluation(
        self, cohort: CohortRef, attempt: int, number: int, evaluation: Evaluation
    ) -> None:
        """What a stale attempt sends is dropped: its report will tell it to stop.

        :raises NotFound: `unknown_study`, `unknown_cohort`.
        """

        def read(record: Record, now: datetime) -> Cohort:
            return record.entry(cohort.cohort_id).cohort

        found = await self._book.actor(cohort.study_id).do(look(read))
        if found.attempt == attempt and number in found.numbers:
            kept = KeptEvaluation(number, evaluation.rows, attempt)
            await save_evaluation(self._models, cohort.study_id, kept, evaluation)

    # What the scheduler sees.

    def watch_studies(self) -> AsyncIterator[StudyDelta]:
        return reading.watch(self._book, self._feed)

    async def register_cohort(
        self,
        cohort: CohortRef,
        purpose: Purpose,
        proposals: Sequence[Proposal] = (),
        finalists: Sequence[int] = (),
        rungs: Sequence[Rung] = (),
    ) -> Registration:
        command = cohorts.register(cohort, purpose, proposals, finalists, rungs)
        return await self._book.actor(cohort.study_id).do(command)

    async def mark_cohort_queued(self, cohort: CohortRef) -> None:
        await self._book.actor(cohort.study_id).do(cohorts.mark_queued(cohort.cohort_id))

    async def move_study(self, study_id: str, to: StudyState, detail: str = "") -> Study:
        return await self._book.actor(study_id).do(studies.move_by_scheduler(to, detail))

    async def record_verdict(self, study_id: str, verdict: Verdict) -> None:
        await self._book.actor(study_id).do(verdicts.reach(verdict))

    async def reclaim_cohorts(self, include_queued: bool) -> Reclaimed:
        command = cohorts.reclaim(await self._leases(), include_queued)
        active = await self._book.active()
        each = await asyncio.gather(*(self._book.actor(one).do(command) for one in active))
        return Reclaimed(sum(one.cohorts for one in each), sum(one.waiting for one in each))

    async def report_queue(self, report: QueueReport) -> None:
        await self._store.put_queue_report(report)

    async def _trial(self, study_id: str, number: int) -> Trial:
        return await self._book.actor(study_id).do(look(lambda record, now: record.trial(number)))

    async def _view(self, summary: StudySummary) -> StudyView:
        # The summary of a study that goes on is as old as its last event.
        if summary.active:
            return await self.get_study(summary.study_id)
        return study_from_json(json.loads(summary.body))

    async def _leases(self) -> Leases:
        try:
            now = await self._now()
            workers = await self._store.list_workers(now - timedelta(seconds=self._lease_seconds))
        except Unavailable:
            # Nobody can renew a lease meanwhile, so all of them count from the store's return.
            self._up_since = None
            raise
        self._up_since = self._up_since or now
        return Leases(
            self._lease_seconds, self._up_since, {each.worker_id: each for each in workers}
        )

    async def _now(self) -> datetime:
        return in_milliseconds(await self._store.now())
