"""The ledger over gRPC, for the scheduler and the trainers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Final

import grpc

from layerlab import wire
from layerlab.domain.evaluation import Evaluation
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
from layerlab.domain.study import CohortRef, Proposal, Purpose, Study
from layerlab.domain.trial import FailureReason, StudyState
from layerlab.domain.verdict import Verdict
from layerlab.domain.verdict_document import verdict_to_json
from layerlab.domain.worker import Worker
from layerlab.v1 import cohort_pb2, ledger_pb2_grpc, study_pb2
from layerlab.v1 import ledger_pb2 as pb

SERVICE_NAME: Final = pb.DESCRIPTOR.services_by_name["LedgerService"].full_name
_TIMEOUT_SECONDS: Final = 20.0
_MODEL_TIMEOUT_SECONDS: Final = 120.0
CHUNK_BYTES: Final = 1 << 20


class GrpcLedger:
    """A CohortLedger and a StudyLedger."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub: ledger_pb2_grpc.LedgerServiceAsyncStub = ledger_pb2_grpc.LedgerServiceStub(
            channel
        )

    async def claim_cohort(self, cohort: CohortRef, worker_id: str, incarnation: str) -> Claim:
        request = pb.ClaimCohortRequest(
            study_id=cohort.study_id,
            cohort_id=cohort.cohort_id,
            worker_id=worker_id,
            incarnation=incarnation,
        )
        with wire.statuses_as_errors():
            response = await self._stub.ClaimCohort(request, timeout=_TIMEOUT_SECONDS)
        return wire.claim_from_proto(response)

    async def report_cohort(
        self, cohort: CohortRef, attempt: int, batches: AsyncIterator[ReportBatch]
    ) -> AsyncIterator[ReportAck]:
        async def requests() -> AsyncIterator[pb.ReportCohortRequest]:
            async for batch in batches:
                yield wire.batch_to_proto(cohort, attempt, batch)

        call = self._stub.ReportCohort(requests())
        try:
            with wire.statuses_as_errors():
                async for response in call:
                    yield wire.ack_from_proto(response)
        finally:
            call.cancel()

    async def release_cohort(
        self, cohort: CohortRef, attempt: int, reason: FailureReason | None, detail: str = ""
    ) -> bool:
        request = pb.ReleaseCohortRequest(
            study_id=cohort.study_id,
            cohort_id=cohort.cohort_id,
            attempt=attempt,
            reason=wire.enum_to_proto(reason, study_pb2.FailureReason),
            detail=detail,
        )
        with wire.statuses_as_errors():
            response = await self._stub.ReleaseCohort(request, timeout=_TIMEOUT_SECONDS)
        return response.requeue

    async def attend(self, reports: AsyncIterator[Worker]) -> AsyncIterator[Attended]:
        async def requests() -> AsyncIterator[pb.AttendRequest]:
            async for worker in reports:
                yield pb.AttendRequest(worker=wire.worker_to_proto(worker))

        call = self._stub.Attend(requests())
        try:
            with wire.statuses_as_errors():
                async for response in call:
                    yield Attended(response.next_report_seconds, response.drain)
        finally:
            call.cancel()

    async def upload_model(self, study_id: str, number: int, attempt: int, weights: bytes) -> None:
        key = pb.ModelKey(study_id=study_id, number=number, attempt=attempt)

        def requests() -> Iterator[pb.UploadModelRequest]:
            yield pb.UploadModelRequest(key=key)
            for start in range(0, len(weights), CHUNK_BYTES):
                yield pb.UploadModelRequest(chunk=weights[start : start + CHUNK_BYTES])

        with wire.statuses_as_errors():
            await self._stub.UploadModel(requests(), timeout=_MODEL_TIMEOUT_SECONDS)

    async def download_model(self, study_id: str, number: int) -> bytes:
        request = pb.DownloadModelRequest(study_id=study_id, number=number)
        with wire.statuses_as_errors():
            call = self._stub.DownloadModel(request, timeout=_MODEL_TIMEOUT_SECONDS)
            return b"".join([response.chunk async for response in call])

    async def upload_evaluation(
        self, cohort: CohortRef, attempt: int, number: int, evaluation: Evaluation
    ) -> None:
        request = pb.UploadEvaluationRequest(
            study_id=cohort.study_id,
            cohort_id=cohort.cohort_id,
            attempt=attempt,
            number=number,
            evaluation=wire.evaluation_to_proto(evaluation),
        )
        with wire.statuses_as_errors():
            await self._stub.UploadEvaluation(request, timeout=_TIMEOUT_SECONDS)

    async def watch_studies(self) -> AsyncIterator[StudyDelta]:
        call = self._stub.WatchStudies(pb.WatchStudiesRequest())
        try:
            with wire.statuses_as_errors():
                async for response in call:
                    yield wire.delta_from_proto(response)
        finally:
            call.cancel()

    async def register_cohort(
        self,
        cohort: CohortRef,
        purpose: Purpose,
        proposals: Sequence[Proposal] = (),
        finalists: Sequence[int] = (),
        rungs: Sequence[Rung] = (),
    ) -> Registration:
        request = pb.RegisterCohortRequest(
            study_id=cohort.study_id,
            cohort_id=cohort.cohort_id,
            purpose=wire.enum_to_proto(purpose, cohort_pb2.Purpose),
            proposals=[wire.proposal_to_proto(proposal) for proposal in proposals],
            finalists=finalists,
            rungs=[wire.rung_to_proto(rung) for rung in rungs],
        )
        with wire.statuses_as_errors():
            response = await self._stub.RegisterCohort(request, timeout=_TIMEOUT_SECONDS)
        return Registration(wire.cohort_from_proto(response.cohort), response.repeated)

    async def mark_cohort_queued(self, cohort: CohortRef) -> None:
        request = pb.MarkCohortQueuedRequest(study_id=cohort.study_id, cohort_id=cohort.cohort_id)
        with wire.statuses_as_errors():
            await self._stub.MarkCohortQueued(request, timeout=_TIMEOUT_SECONDS)

    async def move_study(self, study_id: str, to: StudyState, detail: str = "") -> Study:
        request = pb.MoveStudyRequest(
            study_id=study_id, to=wire.enum_to_proto(to, study_pb2.StudyState), detail=detail
        )
        with wire.statuses_as_errors():
            response = await self._stub.MoveStudy(request, timeout=_TIMEOUT_SECONDS)
        return wire.study_from_proto(response.study)

    async def record_verdict(self, study_id: str, verdict: Verdict) -> None:
        document = wire.struct_from_json(verdict_to_json(verdict))
        request = pb.RecordVerdictRequest(study_id=study_id, verdict=document)
        with wire.statuses_as_errors():
            await self._stub.RecordVerdict(request, timeout=_TIMEOUT_SECONDS)

    async def reclaim_cohorts(self, include_queued: bool) -> Reclaimed:
        request = pb.ReclaimCohortsRequest(include_queued=include_queued)
        with wire.statuses_as_errors():
            response = await self._stub.ReclaimCohorts(request, timeout=_TIMEOUT_SECONDS)
        return Reclaimed(response.reclaimed, response.waiting)

    async def report_queue(self, report: QueueReport) -> None:
        request = pb.ReportQueueRequest(report=wire.queue_report_to_proto(report))
        with wire.statuses_as_errors():
            await self._stub.ReportQueue(request, timeout=_TIMEOUT_SECONDS)
