"""The scheduler's settings, read once, in `__main__`."""

from __future__ import annotations

from pydantic import BaseModel, Field, field_validator

from layerlab.addresses import split_address
from layerlab.settings import GatewayAddress, ProcessSettings
from services.scheduler.cohorts import LaneLimits


class SchedulerSettings(BaseModel):
    """What the scheduler needs to know, and nobody else."""

    grpc: str = Field(
        default="127.0.0.1:50053",
        description="HOST:PORT of the health service, port 0 for any. The default gives way to any "
        "free port where it is taken.",
    )
    http: str = Field(
        default="127.0.0.1:8083",
        description="HOST:PORT of /metrics, /healthz and /readyz; gives way likewise.",
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

    @field_validator("grpc", "http")
    @classmethod
    def _address(cls, value: str) -> str:
        split_address(value)
        return value

    @property
    def lane_limits(self) -> LaneLimits:
        return LaneLimits(self.max_lanes, self.max_keras_lanes)


class Settings(ProcessSettings):
    """Of `python -m services.scheduler`."""

    gateway: GatewayAddress = GatewayAddress()
    scheduler: SchedulerSettings = SchedulerSettings()
