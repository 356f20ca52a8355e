"""A trainer on the real ledger, over real gRPC, with a real training child."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import grpc

from layerlab.adapters.grpc_ledger import GrpcLedger
from layerlab.domain.baseline import Baseline
from layerlab.domain.design import Design
from layerlab.domain.event import Event, EventType
from layerlab.domain.halving import Rung
from layerlab.domain.study import CohortRef, Proposal, Purpose, Trial
from layerlab.domain.worker import Worker
from layerlab.serving import grpc_channel, grpc_server
from layerlab.v1 import ledger_pb2_grpc
from services.gateway.ledger_rpc import LedgerServicer
from services.trainer.child_process import TrainingChild
from services.trainer.matrices import MatrixCache
from services.trainer.runner import CohortRunner, WorkerName
from tests.unit.gateway_ledger.world import START, World, a_spec, by_number, open_world
from tests.unit.trainer.sources import ArraySource

WAIT_SECONDS = 60.0


@dataclass
class TrainerWorld:
    world: World
    ledger: GrpcLedger
    child: TrainingChild
    source: ArraySource
    cache_folder: Path
    cache: MatrixCache
    address: str
    stop_server: Callable[[], Awaitable[None]]
    start_server: Callable[[], Awaitable[None]]
    _cohorts: int = field(default=0)

    def runner(self, worker_id: str = "w1", max_cohort_seconds: float = 3600.0) -> CohortRunner:
        name = WorkerName(worker_id, "i1")
        return CohortRunner(self.ledger, self.cache, self.child, name, max_cohort_seconds)

    async def study(
        self, max_epochs: int = 5, time_seconds: float | None = None, **fields: Any
    ) -> str:
        """`fields`: of the spec."""
        spec = replace(a_spec(100, max_epochs, time_seconds), **fields)
        return await self.world.running_study(spec)

    async def cohort(
        self, study_id: str, designs: Sequence[Design], rungs: Sequence[Rung] = ()
    ) -> CohortRef:
        """Registered and queued; its trials are numbered from 1."""
        self._cohorts += 1
        ref = CohortRef(study_id, f"c{self._cohorts}")
        lanes = [Proposal(i, design, 100 + i) for i, design in enumerate(designs, 1)]
        await self.world.ledger.register_cohort(ref, Purpose.SEARCH, lanes, rungs=rungs)
        await self.world.ledger.mark_cohort_queued(ref)
        return ref

    async def test_cohort(self, study_id: str, finalists: Sequence[int]) -> CohortRef:
        ref = CohortRef(study_id, "test")
        await self.world.ledger.register_cohort(ref, Purpose.TEST, finalists=finalists)
        await self.world.ledger.mark_cohort_queued(ref)
        return ref

    async def baseline_cohort(self, study_id: str, repeat: int = 0, first: int = 1) -> CohortRef:
        """All baselines, the dearest first, numbered from `first`."""
        ref = CohortRef(study_id, "baselines")
        lanes = [
            Proposal(i, Design(()), 7, repeat=repeat, baseline=each)
            for i, each in enumerate(reversed(Baseline), first)
        ]
        await self.world.ledger.register_cohort(ref, Purpose.BASELINE, lanes)
        await self.world.ledger.mark_cohort_queued(ref)
        return ref

    async def trials(self, study_id: str) -> list[Trial]:
        return list((await self.world.ledger.list_trials(study_id, by_number())).trials)

    async def events(self, study_id: str, kind: EventType) -> list[Event]:
        return [each for each in await self.world.events(study_id) if each.type is kind]

    async def epochs_reported(self, study_id: str, count: int = 1) -> None:
        """Returns when the log has so many reports of epochs."""
        async with asyncio.timeout(WAIT_SECONDS), self.world.feed.subscribe(study_id) as grown:
            while len(await self.events(study_id, EventType.EPOCHS_REPORTED)) < count:
                await anext(grown)

    async def another_epoch(self, study_id: str) -> None:
        """Returns when the log has one more report of epochs than now."""
        seen = len(await self.events(study_id, EventType.EPOCHS_REPORTED))
        await self.epochs_reported(study_id, seen + 1)

    async def known_workers(self) -> list[Worker]:
        """All that the store has heard of."""
        return await self.world.store.list_workers(START.replace(year=2000))

    def child_pid(self) -> int:
        assert self.child.pid is not None
        return self.child.pid


@asynccontextmanager
async def open_trainer_world(folder: Path, child: TrainingChild) -> AsyncIterator[TrainerWorld]:
    source = ArraySource.of_classes(rows=400)
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(open_world(folder))
        served = await stack.enter_async_context(ServedLedger(world))
        channel = await stack.enter_async_context(grpc_channel(served.address))
        yield TrainerWorld(
            world,
            GrpcLedger(channel),
            child,
            source,
            folder / "cache",
            MatrixCache(source, folder / "cache", 1 << 30),
            served.address,
            served.stop,
            served.start,
        )


class ServedLedger:
    """The ledger's gRPC server, which can go and come back at the same address."""

    def __init__(self, world: World) -> None:
        self._world, self.address = world, "127.0.0.1:0"
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> ServedLedger:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        started = asyncio.Event()
        self._stopping.clear()
        self._task = asyncio.create_task(self._serve(started))
        await started.wait()

    async def stop(self) -> None:
        self._stopping.set()
        if self._task:
            await self._task
        self._task = None

    async def _serve(self, started: asyncio.Event) -> None:
        def register(server: grpc.aio.Server) -> None:
            servicer = LedgerServicer(self._world.ledger)
            ledger_pb2_grpc.add_LedgerServiceServicer_to_server(servicer, server)

        async with grpc_server(self.address, register) as port:
            self.address = f"127.0.0.1:{port}"
            started.set()
            await self._stopping.wait()
