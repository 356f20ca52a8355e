"""A real trainer service whose training is replaced by something that costs nothing.

    python -m benchmarks.support.trainer --training null|sleep|stream [--services N]

`null` ends each trial at once with a score; `sleep` after a second in which it sleeps; `stream`
reports epochs as fast as they are taken. The process holds N trainers, each with its own worker
id, its own consumer and its own lease.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final

from layerlab.adapters.grpc_ingest import GrpcIngest
from layerlab.adapters.grpc_ledger import GrpcLedger
from layerlab.adapters.opening import open_job_queue
from layerlab.domain.study import EpochReport, Proposal, TrialEnd
from layerlab.domain.trial import StopReason, TrialState
from layerlab.lifecycle import run_until_signal
from layerlab.logs import configure_logs
from layerlab.serving import grpc_channel, grpc_server
from layerlab.settings import read_settings
from services.trainer.messages import Evaluated, EvaluateJob, Progress, ScoreJob, TrainJob
from services.trainer.service import trainer_service
from services.trainer.settings import Settings, TrainerSettings

_NAP_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class NoTraining:
    """A JobExecutor. `epochs` are reported by each trial, `nap_seconds` apart."""

    epochs: int
    nap_seconds: float
    device: str = "none"

    async def train(self, job: TrainJob) -> AsyncGenerator[Progress, None]:
        epochs = min(self.epochs, job.max_epochs)
        for epoch in range(1, epochs + 1):
            await asyncio.sleep(self.nap_seconds)
            reports = tuple(_report(lane, epoch) for lane in job.lanes)
            ends = tuple(_end(lane, epoch) for lane in job.lanes) if epoch == epochs else ()
            yield Progress(reports, ends)

    async def evaluate(self, job: EvaluateJob) -> Evaluated:
        raise AssertionError

    async def score(self, job: ScoreJob) -> float:
        return 0.5

    async def expect(self, job: TrainJob) -> None:
        """It needs no preparation."""

    async def dismiss(self, job: TrainJob) -> None:
        """Nothing has been prepared."""

    async def stop_lanes(self, numbers: tuple[int, ...]) -> None:
        """None runs for long."""


TRAININGS: Final = {
    "null": NoTraining(1, 0.0),
    "sleep": NoTraining(1, _NAP_SECONDS),
    "stream": NoTraining(sys.maxsize, 0.0),
}


def _score(lane: Proposal) -> float:
    return (lane.seed % 1000) / 1000


def _report(lane: Proposal, epoch: int) -> EpochReport:
    return EpochReport(lane.number, epoch, 0.5, 0.6, _score(lane), 0.01 * epoch)


def _end(lane: Proposal, epochs: int) -> TrialEnd:
    return TrialEnd(
        lane.number,
        TrialState.SUCCEEDED,
        stop_reason=StopReason.MAX_EPOCHS,
        score_val=_score(lane),
        val_loss=0.6,
        best_epoch=1,
        epochs=epochs,
        fit_time_seconds=0.01 * epochs,
        n_params=lane.design.n_params(4, 3),
    )


async def serve(settings: Settings, training: NoTraining, services: int) -> None:
    @asynccontextmanager
    async def open_executor(settings: TrainerSettings) -> AsyncIterator[NoTraining]:
        yield training

    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(grpc_channel(settings.gateway.grpc))
        ingest = await stack.enter_async_context(grpc_channel(settings.ingest.grpc))
        queue = await stack.enter_async_context(open_job_queue(settings.broker.url, "trainer"))
        await stack.enter_async_context(grpc_server(settings.trainer.grpc, lambda server: None))
        ledger, matrices = GrpcLedger(gateway), GrpcIngest(ingest)
        await run_until_signal(
            *(
                trainer_service(each, queue, ledger, matrices, settings.cache_dir, open_executor)
                for each in _workers(settings.trainer, services)
            )
        )


def _workers(settings: TrainerSettings, services: int) -> Iterator[TrainerSettings]:
    for number in range(1, services + 1):
        yield settings.model_copy(update={"worker_id": f"worker-{os.getpid()}-{number}"})


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--training", choices=sorted(TRAININGS), default="null")
    parser.add_argument("--services", type=int, default=1)
    arguments = parser.parse_args()
    settings = read_settings(Settings, {})
    configure_logs("trainer", settings.log_level)
    asyncio.run(serve(settings, TRAININGS[arguments.training], arguments.services))


if __name__ == "__main__":
    main()
