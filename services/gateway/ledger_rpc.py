"""The ledger for scheduler and trainers over gRPC: decodes, delegates, encodes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext
from typing import Any, Final, TypeAlias, TypeVar

import grpc

from layerlab import wire
from layerlab.domain.exchange import ReportBatch
from layerlab.domain.problem import Malformed
from layerlab.domain.study import CohortRef, Purpose
from layerlab.domain.trial import FailureReason, StudyState
from layerlab.domain.verdict_document import verdict_from_json
from layerlab.v1 import cohort_pb2, ledger_pb2_grpc, study_pb2
from layerlab.v1 import ledger_pb2 as pb
from services.gateway.ledger import Ledger

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]
T = TypeVar("T")
CHUNK_BYTES: Final = 1 << 20


class LedgerServicer(ledger_pb2_grpc.LedgerServiceServicer):
    """The two internal sides of the ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def WatchStudies(
        self, request: pb.WatchStudiesRequest, context: Context
    ) -> AsyncIterator[pb.WatchStudiesResponse]:
        async with (
            wire.errors_as_status(context),
            _closing(self._ledger.watch_studies()) as deltas,
        ):
            async for delta in deltas:
                yield wire.delta_to_proto(delta)

    async def RegisterCohort(
        self, request: pb.RegisterCohortRequest, context: Context
    ) -> pb.RegisterCohortResponse:
        async with wire.errors_as_status(context):
            registration = await self._ledger.register_cohort(
                CohortRef(request.study_id, request.cohort_id),
                wire.required_enum(request.purpose, cohort_pb2.Purpose, Purpose),
                [wire.proposal_from_proto(each) for each in request.proposals],
                list(request.finalists),
                [wire.rung_from_proto(rung) for rung in request.rungs],
            )
        return pb.RegisterCohortResponse(
            cohort=wire.cohort_to_proto(registration.cohort), repeated=registration.is_repeated
        )

    async def MarkCohortQueued(
        self, request: pb.MarkCohortQueuedRequest, context: Context
    ) -> pb.MarkCohortQueuedResponse:
        async with wire.errors_as_status(context):
            await self._ledger.mark_cohort_queued(CohortRef(request.study_id, request.cohort_id))
        return pb.MarkCohortQueuedResponse()

    async def MoveStudy(
        self, request: pb.MoveStudyRequest, context: Context
    ) -> pb.MoveStudyResponse:
        async with wire.errors_as_status(context):
            to = wire.required_enum(request.to, study_pb2.StudyState, StudyState)
            study = await self._ledger.move_study(request.study_id, to, request.detail)
        return pb.MoveStudyResponse(study=wire.study_to_proto(study))

    async def RecordVerdict(
        self, request: pb.RecordVerdictRequest, context: Context
    ) -> pb.RecordVerdictResponse:
        async with wire.errors_as_status(context):
            verdict = verdict_from_json(wire.struct_to_json(request.verdict))
            await self._ledger.record_verdict(request.study_id, verdict)
        return pb.RecordVerdictResponse()

    async def ReclaimCohorts(
        self, request: pb.ReclaimCohortsRequest, context: Context
    ) -> pb.ReclaimCohortsResponse:
        async with wire.errors_as_status(context):
            reclaimed = await self._ledger.reclaim_cohorts(request.include_queued)
        return pb.ReclaimCohortsResponse(reclaimed=reclaimed.cohorts, waiting=reclaimed.waiting)

    async def ReportQueue(
        self, request: pb.ReportQueueRequest, context: Context
    ) -> pb.ReportQueueResponse:
        async with wire.errors_as_status(context):
            await self._ledger.report_queue(wire.queue_report_from_proto(request.report))
        return pb.ReportQueueResponse()

    async def ClaimCohort(
        self, request: pb.ClaimCohortRequest, context: Context
    ) -> pb.ClaimCohortResponse:
        async with wire.errors_as_status(context):
            cohort = CohortRef(request.study_id, request.cohort_id)
            claim = await self._ledger.claim_cohort(cohort, request.worker_id, request.incarnation)
        return wire.claim_to_proto(claim)

    async def ReportCohort(
        self, request_iterator: AsyncIterator[pb.ReportCohortRequest], context: Context
    ) -> AsyncIterator[pb.ReportCohortResponse]:
        async with wire.errors_as_status(context):
            # The first message names the cohort, and so do all others.
            async for first in request_iterator:
                cohort, attempt, batch = wire.batch_from_proto(first)
                batches = _batches(batch, (cohort, attempt), request_iterator)
                acks = self._ledger.report_cohort(cohort, attempt, batches)
                async with _closing(acks) as replies:
                    async for ack in replies:
                        yield wire.ack_to_proto(ack)
                return

    async def ReleaseCohort(
        self, request: pb.ReleaseCohortRequest, context: Context
    ) -> pb.ReleaseCohortResponse:
        async with wire.errors_as_status(context):
            requeue = await self._ledger.release_cohort(
                CohortRef(request.study_id, request.cohort_id),
                request.attempt,
                wire.enum_from_proto(request.reason, study_pb2.FailureReason, FailureReason),
                request.detail,
            )
        return pb.ReleaseCohortResponse(requeue=requeue)

    async def Attend(
        self, request_iterator: AsyncIterator[pb.AttendRequest], context: Context
    ) -> AsyncIterator[pb.AttendResponse]:
        reports = (wire.worker_from_proto(each.worker) async for each in request_iterator)
        async with (
            wire.errors_as_status(context),
            _closing(self._ledger.attend(reports)) as answers,
        ):
            async for answer in answers:
                yield pb.AttendResponse(
                    next_report_seconds=answer.next_report_seconds, drain=answer.drain
                )

    async def UploadModel(
        self, request_iterator: AsyncIterator[pb.UploadModelRequest], context: Context
    ) -> pb.UploadModelResponse:
        async with wire.errors_as_status(context):
            key: pb.ModelKey | None = None
            weights = bytearray()
            async for request in request_iterator:
                if request.HasField("key"):
                    key = request.key
                weights += request.chunk
            if key is None:
                raise Malformed("missing_key", "The first message of an upload names its trial.")
            await self._ledger.upload_model(key.study_id, key.number, key.attempt, bytes(weights))
        return pb.UploadModelResponse()

    async def DownloadModel(
        self, request: pb.DownloadModelRequest, context: Context
    ) -> AsyncIterator[pb.DownloadModelResponse]:
        async with wire.errors_as_status(context):
            weights = await self._ledger.download_model(request.study_id, request.number)
            for start in range(0, len(weights), CHUNK_BYTES):
                yield pb.DownloadModelResponse(chunk=weights[start : start + CHUNK_BYTES])

    async def UploadEvaluation(
        self, request: pb.UploadEvaluationRequest, context: Context
    ) -> pb.UploadEvaluationResponse:
        async with wire.errors_as_status(context):
            await self._ledger.upload_evaluation(
                CohortRef(request.study_id, request.cohort_id),
                request.attempt,
                request.number,
                wire.evaluation_from_proto(request.evaluation),
            )
        return pb.UploadEvaluationResponse()


async def _batches(
    first: ReportBatch,
    of: tuple[CohortRef, int],
    requests: AsyncIterator[pb.ReportCohortRequest],
) -> AsyncIterator[ReportBatch]:
    yield first
    async for request in requests:
        cohort, attempt, batch = wire.batch_from_proto(request)
        if (cohort, attempt) != of:
            raise Malformed("mixed_stream", "One stream of reports is of one cohort and attempt.")
        yield batch


def _closing(stream: AsyncIterator[T]) -> AbstractAsyncContextManager[AsyncIterator[T]]:
    """Ends a generator with the call, rather than whenever its memory is collected."""
    return aclosing(stream) if isinstance(stream, AsyncGenerator) else nullcontext(stream)
