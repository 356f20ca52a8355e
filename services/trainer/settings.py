"""The trainer's settings, read once, in `__main__`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, field_validator

from layerlab.addresses import split_address
from layerlab.settings import GatewayAddress, IngestAddress, ProcessSettings


class TrainerSettings(BaseModel):
    """What a trainer needs to know, and nobody else."""

    grpc: str = Field(
        default="127.0.0.1:50054",
        description="HOST:PORT of the health service, port 0 for any. The default gives way to any "
        "free port where it is taken, so that a host can have many trainers.",
    )
    http: str = Field(
        default="127.0.0.1:8084",
        description="HOST:PORT of /metrics, /healthz and /readyz; gives way likewise.",
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        default="auto", description="auto: cuda if there is."
    )
    threads: int = Field(default=0, ge=0, description="Of one training process; 0: one per core.")
    worker_id: str = Field(default="", description="Made from host and process if empty.")
    cache_dir: Path | None = Field(
        default=None, description="Matrices; DATA_DIR/matrices if empty."
    )
    cache_bytes: int = Field(default=4 << 30, gt=0)
    hang_seconds: float = Field(
        default=120.0,
        gt=0,
        description="A training process that shows no progress for so long is killed.",
    )
    max_cohort_seconds: float = Field(
        default=86_400.0,
        gt=0,
        description="Trials that have not ended when their cohort has trained for so long fail. It "
        "may be more than the broker's patience with a message: a claimed cohort needs none.",
    )
    warm: bool = Field(
        default=True,
        description="Keep a training process ready while there is nothing to train: about 45 MB, "
        "and 230 MB once it has loaded torch.",
    )
    idle_seconds: float = Field(
        default=60.0,
        gt=0,
        description="How long one that is not kept warm waits for the next cohort.",
    )
    memory_bytes: int = Field(
        default=0,
        ge=0,
        description="Address space of the training process, torch included; 0: no limit. "
        "Not for cuda, which reserves far more than it uses.",
    )

    @field_validator("grpc", "http")
    @classmethod
    def _address(cls, value: str) -> str:
        split_address(value)
        return value

    @property
    def thread_count(self) -> int:
        return self.threads or len(os.sched_getaffinity(0))


class Settings(ProcessSettings):
    """Of `python -m services.trainer`."""

    gateway: GatewayAddress = GatewayAddress()
    ingest: IngestAddress = IngestAddress()
    trainer: TrainerSettings = TrainerSettings()

    @property
    def cache_dir(self) -> Path:
        return self.trainer.cache_dir or self.data_dir / "matrices"
