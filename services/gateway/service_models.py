"""The JSON of workers, and of how the service is, for /openapi.json."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from layerlab.domain.study import Purpose
from services.gateway.models import Document


class WorkerDocument(Document):
    worker_id: str
    incarnation: str = Field(description="New at every start of the worker.")
    host: str
    pid: int
    device: str
    threads: int
    memory_bytes: int | None = Field(
        description="What training may take beyond what is taken now, if anything tells."
    )
    version: str
    heartbeat_at: datetime
    heartbeat_age_seconds: float = Field(description="Since then, by the server's clock.")
    study_id: str = Field(description="What it trains, if anything.")
    study_name: str
    cohort_id: str
    purpose: Purpose | None = Field(description="Why that cohort trains.")
    lanes: int = Field(description="Trials of that cohort that have not ended.")
    since: datetime | None = Field(description="When it began to train them.")
    attempt: int
    draining: bool = Field(description="It ends what it holds, and takes no more.")
    connected: bool
    disconnected_at: datetime | None = Field(description="When it was seen to go, if it was.")


class QueueCountsDocument(Document):
    """Cohorts of studies that have not ended, as the ledger knows them."""

    waiting: int
    running: int


class WorkerList(Document):
    workers: list[WorkerDocument]
    queue: QueueCountsDocument


class QueueMomentDocument(Document):
    time: datetime
    ready: int
    unacknowledged: int
    trials_per_minute: float


class QueueDocument(Document):
    """Cohorts are counted by the ledger, messages (one a cohort, at least) by the broker, which is
    null while it does not say. Rates are of the last minute."""

    broker: Literal["memory", "rabbitmq"] | None
    pending: int = Field(description="Cohorts that are planned, and not on the queue yet.")
    ready: int = Field(description="Cohorts that wait on the queue.")
    unacknowledged: int = Field(description="Cohorts that a worker has claimed.")
    messages_ready: int | None
    dead_letters: int | None = Field(description="Messages that nobody could handle.")
    consumers: int | None = Field(
        description="Workers in line for a cohort; a broker may count some that train, too."
    )
    cohorts_per_minute: float
    trials_per_minute: float
    epochs_per_second: float = Field(description="Of all trials together.")
    history: list[QueueMomentDocument] = Field(
        description="Of the last 15 minutes, every 5 s, oldest first."
    )
    dashboard_url: str | None = Field(description="The broker's own.")


class AliveDocument(Document):
    status: Literal["alive"]


class ReadyDocument(Document):
    status: Literal["ready", "unavailable", "closing"]
    unavailable: list[str] = Field(
        description="`store`, `ingest`, `datasets`: what can't be reached."
    )
