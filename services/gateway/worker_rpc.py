"""The public WorkerService: the same functions as REST's /v1/workers and /v1/queue."""

from __future__ import annotations

from typing import Any, TypeAlias

import grpc

from layerlab import wire
from layerlab.v1 import cohort_pb2, worker_pb2_grpc
from layerlab.v1 import worker_pb2 as pb
from services.gateway.fleet import Fleet, QueueView, WorkerView
from services.gateway.ledger import Work
from services.gateway.queue_history import QueueMoment

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]


class WorkerServicer(worker_pb2_grpc.WorkerServiceServicer):
    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    async def ListWorkers(
        self, request: pb.ListWorkersRequest, context: Context
    ) -> pb.ListWorkersResponse:
        async with wire.errors_as_status(context):
            workers = await self._fleet.list_workers()
        return pb.ListWorkersResponse(workers=[_view_to_proto(each) for each in workers])

    async def DrainWorker(
        self, request: pb.DrainWorkerRequest, context: Context
    ) -> pb.DrainWorkerResponse:
        async with wire.errors_as_status(context):
            worker = await self._fleet.drain_worker(request.worker_id)
        return pb.DrainWorkerResponse(worker=_view_to_proto(worker))

    async def ResumeWorker(
        self, request: pb.ResumeWorkerRequest, context: Context
    ) -> pb.ResumeWorkerResponse:
        async with wire.errors_as_status(context):
            worker = await self._fleet.resume_worker(request.worker_id)
        return pb.ResumeWorkerResponse(worker=_view_to_proto(worker))

    async def GetQueue(self, request: pb.GetQueueRequest, context: Context) -> pb.GetQueueResponse:
        async with wire.errors_as_status(context):
            queue = await self._fleet.queue()
        return _queue_to_proto(queue)


def _view_to_proto(view: WorkerView) -> pb.WorkerView:
    return pb.WorkerView(
        worker=wire.worker_to_proto(view.worker),
        heartbeat_age_seconds=view.heartbeat_age_seconds,
        work=_work_to_proto(view.work) if view.work else None,
    )


def _work_to_proto(work: Work) -> pb.Work:
    return pb.Work(
        study_name=work.study_name,
        purpose=wire.enum_to_proto(work.purpose, cohort_pb2.Purpose),
        lanes=work.lanes,
        since=wire.time_to_proto(work.since),
        cohort_id=work.cohort_id,
        attempt=work.attempt,
    )


def _queue_to_proto(queue: QueueView) -> pb.GetQueueResponse:
    told, rates = queue.told, queue.rates
    return pb.GetQueueResponse(
        broker=told.broker if told else "",
        pending=queue.counts.pending,
        ready=queue.counts.queued,
        unacknowledged=queue.counts.running,
        messages_ready=told.ready if told else None,
        dead_letters=told.dead if told else None,
        consumers=told.consumers if told else None,
        cohorts_per_minute=rates.cohorts_per_minute,
        trials_per_minute=rates.trials_per_minute,
        epochs_per_second=rates.epochs_per_second,
        history=[_moment_to_proto(each) for each in queue.history],
        dashboard_url=queue.dashboard_url,
    )


def _moment_to_proto(moment: QueueMoment) -> pb.QueueMoment:
    return pb.QueueMoment(
        time=wire.time_to_proto(moment.time),
        ready=moment.counts.queued,
        unacknowledged=moment.counts.running,
        trials_per_minute=moment.rates.trials_per_minute,
    )
