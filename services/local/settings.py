"""The settings of `layerlab up`, read once, in `__main__`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pydantic import Field

from layerlab.addresses import unless_taken, with_port
from layerlab.settings import ProcessSettings
from services.gateway.settings import GatewaySettings
from services.ingest.settings import IngestSettings
from services.scheduler.settings import SchedulerSettings
from services.trainer.settings import TrainerSettings

USUAL_PORT: Final = 8080
# Small networks keep one thread busy, not two, so trainers come before threads (measured:
# benchmarks/fused.py). Beyond a few, memory for torch is better left to the users' tables.
_MOST_TRAINERS: Final = 4


class Settings(ProcessSettings):
    """All four services on one machine."""

    log_level: str = "WARNING"
    port: int | None = Field(
        None, ge=0, le=65535, description="Of the page and REST; 0: any free one. Default 8080."
    )
    trainers: int | None = Field(
        None,
        ge=1,
        le=64,
        description="How many cohorts train at a time. Default: 1 a core, up to 4.",
    )
    open: bool = Field(False, description="Open the page in a browser.")
    until_stdin_closes: bool = Field(
        False, description="End with whoever holds the other end of the standard input."
    )
    gateway: GatewaySettings = GatewaySettings()
    ingest: IngestSettings = IngestSettings()
    scheduler: SchedulerSettings = SchedulerSettings()
    trainer: TrainerSettings = TrainerSettings()

    @property
    def spool_dir(self) -> Path:
        """For tables under way; on the disk that the datasets are on, unless that is said."""
        return self.ingest.spool_dir or self.data_dir / "spool"

    @property
    def cache_dir(self) -> Path:
        return self.trainer.cache_dir or self.data_dir / "matrices"

    def ingest_settings(self) -> IngestSettings:
        """With an address that is free now."""
        return self.ingest.model_copy(update={"grpc": unless_taken(self.ingest.grpc)})

    def gateway_settings(self) -> GatewaySettings:
        """With addresses that are free now; but who asks for one port means that one."""
        http = self.gateway.http
        addresses = {
            "http": unless_taken(http) if self.port is None else with_port(http, self.port),
            "grpc": unless_taken(self.gateway.grpc),
        }
        return self.gateway.model_copy(update=addresses)

    def trainer_settings(self) -> list[TrainerSettings]:
        """One for each trainer. They share the threads, and keep their names from start to start:
        a new start of the same name voids the leases of the one before.
        """
        cores = self.trainer.thread_count
        trainers = self.trainers or min(_MOST_TRAINERS, cores)
        shared = {"threads": max(1, cores // trainers)}
        return [
            # One that is warm is enough for a quick start; the others would only hold memory.
            self.trainer.model_copy(
                update={**shared, "worker_id": f"local-{number}", "warm": number == 1}
            )
            for number in range(1, trainers + 1)
        ]
