"""The scheduler's settings, read once, in `__main__`."""

from __future__ import annotations

from pydantic import BaseModel, Field

from layerlab.settings import GatewayAddress, ProcessSettings
from services.scheduler.cohorts import LaneLimits


class SchedulerSettings(BaseModel):
    """What the scheduler needs to know, and nobody else."""

    grpc: str = Field(
        default="127.0.0.1:50053", description="HOST:PORT of the health server, port 0 for any."
    )
    waiting_cohorts: int = Field(
        default=2,
        ge=1,
        description="How many cohorts of a study wait for a trainer, beside those that train.",
    )
    max_lanes: int = Field(default=32, ge=1, description="Trials in a cohort of the fused engine.")
    max_keras_lanes: int = Field(
        default=4, ge=1, description="Trials in a cohort of the Keras engine."
    )
    reconcile_seconds: float = Field(default=2.0, gt=0)

    @property
    def lane_limits(self) -> LaneLimits:
        return LaneLimits(self.max_lanes, self.max_keras_lanes)


class Settings(ProcessSettings):
    """Of `python -m services.scheduler`."""

    gateway: GatewayAddress = GatewayAddress()
    scheduler: SchedulerSettings = SchedulerSettings()
