"""The JSON of workers, and of how the service is, for /openapi.json."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from services.gateway.models import Document


class WorkerDocument(Document):
    worker_id: str
    incarnation: str = Field(description="New at every start of the worker.")
    host: str
    pid: int
    device: str
    threads: int
    version: str
    heartbeat_at: datetime
    study_id: str = Field(description="What it trains, if anything.")
    cohort_id: str
    attempt: int
    draining: bool
    connected: bool
    disconnected_at: datetime | None = Field(description="When it was seen to go, if it was.")


class QueueDocument(Document):
    """Cohorts of studies that have not ended, as the ledger knows them."""

    waiting: int
    running: int


class WorkerList(Document):
    workers: list[WorkerDocument]
    queue: QueueDocument


class AliveDocument(Document):
    status: Literal["alive"]


class ReadyDocument(Document):
    status: Literal["ready", "unavailable", "closing"]
    unavailable: list[str] = Field(
        description="`store`, `ingest`, `datasets`: what can't be reached."
    )
