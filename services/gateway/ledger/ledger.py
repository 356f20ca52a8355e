"""The ledger: the gateway's record of studies, cohorts and trials."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from types import TracebackType
from typing import Self

from layerlab.domain.event import Event
from layerlab.domain.exchange import Claim, ReportAck, ReportBatch, StudyDelta
from layerlab.domain.study import (
    Cohort,
    CohortRef,
    Proposal,
    Purpose,
    Study,
    StudySpec,
    Trial,
    Worker,
)
from layerlab.domain.trial import FailureReason, StudyState
from layerlab.ports import DatasetStore, EventFeed, RunStore
from services.gateway.ledger.views import (
    CurvePoint,
    StudyPage,
    StudyVerb,
    StudyView,
    TrialPage,
    TrialQuery,
)


class Ledger:
    """The public side, and the two sides that trainers and scheduler see."""

    def __init__(
        self,
        store: RunStore,
        feed: EventFeed,
        models: DatasetStore,
        lease_seconds: float = 15.0,
    ) -> None:
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        """Loads the studies that have not ended."""
        raise NotImplementedError

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Returns when everything accepted is durable or refused."""

    # Public side.

    async def create_study(self, spec: StudySpec) -> StudyView:
        raise NotImplementedError

    async def get_study(self, study_id: str) -> StudyView:
        """:raises NotFound: `unknown_study`."""
        raise NotImplementedError

    async def list_studies(self, limit: int = 100, page_token: str = "") -> StudyPage:
        """:raises InvalidInput: `page_size` (1 to 1000), `page_token`."""
        raise NotImplementedError

    async def list_trials(self, study_id: str, query: TrialQuery) -> TrialPage:
        """:raises InvalidInput: `order_by`, `page_size` (1 to 1000), `page_token`."""
        raise NotImplementedError

    async def get_trial(self, study_id: str, number: int) -> tuple[Trial, tuple[CurvePoint, ...]]:
        """:raises NotFound: `unknown_study`, `unknown_trial`."""
        raise NotImplementedError

    async def move_by_user(self, study_id: str, verb: StudyVerb) -> StudyView:
        """:raises Conflict: `illegal_move`."""
        raise NotImplementedError

    async def last_seq(self, study_id: str) -> int:
        """The number of the study's last event.

        :raises NotFound: `unknown_study`.
        """
        raise NotImplementedError

    def follow(self, study_id: str, after: int = 0) -> AsyncIterator[Event]:
        """Every event after `after`, in order, without a gap, until the study has ended.

        :raises NotFound: `unknown_study`.
        :raises InvalidInput: `cursor`, when `after` is beyond the log.
        """
        raise NotImplementedError

    # What a trainer sees: ports.CohortLedger.

    async def claim_cohort(self, cohort: CohortRef, worker_id: str, incarnation: str) -> Claim:
        raise NotImplementedError

    def report_cohort(
        self, cohort: CohortRef, attempt: int, batches: AsyncIterator[ReportBatch]
    ) -> AsyncIterator[ReportAck]:
        raise NotImplementedError

    async def release_cohort(
        self, cohort: CohortRef, attempt: int, reason: FailureReason | None, detail: str = ""
    ) -> bool:
        raise NotImplementedError

    async def report_worker(self, worker: Worker) -> float:
        raise NotImplementedError

    async def upload_model(self, study_id: str, number: int, attempt: int, weights: bytes) -> None:
        raise NotImplementedError

    async def download_model(self, study_id: str, number: int) -> bytes:
        raise NotImplementedError

    # What the scheduler sees: ports.StudyLedger.

    def watch_studies(self) -> AsyncIterator[StudyDelta]:
        raise NotImplementedError

    async def register_cohort(
        self,
        cohort: CohortRef,
        purpose: Purpose,
        proposals: Sequence[Proposal] = (),
        finalists: Sequence[int] = (),
    ) -> Cohort:
        raise NotImplementedError

    async def mark_cohort_queued(self, cohort: CohortRef) -> None:
        raise NotImplementedError

    async def move_study(self, study_id: str, to: StudyState, detail: str = "") -> Study:
        raise NotImplementedError

    async def reclaim_cohorts(self, include_queued: bool) -> list[CohortRef]:
        raise NotImplementedError
