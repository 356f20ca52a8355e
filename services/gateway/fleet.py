"""The workers, and the queue that they take their work from."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime

from layerlab.domain.exchange import QueueReport
from layerlab.domain.worker import Worker
from layerlab.ports import RunStore
from services.gateway.ledger import Ledger, Work
from services.gateway.observer import Observer, QueueCounts
from services.gateway.queue_history import QueueHistory, QueueMoment, Rates


@dataclass(frozen=True, slots=True)
class WorkerView:
    """A worker, the seconds since it was heard of by the ledger's clock, and what it trains."""

    worker: Worker
    heartbeat_age_seconds: float
    work: Work | None


@dataclass(frozen=True, slots=True)
class QueueView:
    """`told`: what the broker says; None while it says nothing. `dashboard_url` may be empty."""

    counts: QueueCounts
    told: QueueReport | None
    rates: Rates
    history: tuple[QueueMoment, ...]
    dashboard_url: str


class Fleet:
    """Everything about who trains and what waits, once for REST and gRPC."""

    def __init__(
        self,
        ledger: Ledger,
        store: RunStore,
        observer: Observer,
        history: QueueHistory,
        dashboard_url: str = "",
    ) -> None:
        self._ledger = ledger
        self._store = store
        self._observer = observer
        self._history = history
        self._dashboard_url = dashboard_url

    async def list_workers(self) -> list[WorkerView]:
        """Those heard of in the last minute, sorted by id."""
        workers = await self._ledger.list_workers()
        now = await self._store.now()
        return list(await asyncio.gather(*(self._view(each, now) for each in workers)))

    async def drain_worker(self, worker_id: str) -> WorkerView:
        """Has it end what it holds and take no more until it is resumed, or started anew.

        :raises NotFound: `unknown_worker`.
        """
        return await self._tell(worker_id, drain=True)

    async def resume_worker(self, worker_id: str) -> WorkerView:
        """:raises NotFound: `unknown_worker`."""
        return await self._tell(worker_id, drain=False)

    async def queue(self) -> QueueView:
        return QueueView(
            self._observer.queue_counts(),
            await self._ledger.queue_report(),
            self._history.rates,
            self._history.moments,
            self._dashboard_url,
        )

    async def _tell(self, worker_id: str, drain: bool) -> WorkerView:
        worker = await self._ledger.drain_worker(worker_id, wanted=drain)
        return await self._view(worker, await self._store.now())

    async def _view(self, worker: Worker, now: datetime) -> WorkerView:
        age = max(0.0, (now - worker.heartbeat_at).total_seconds())
        return WorkerView(worker, age, await self._ledger.work_of(worker))
