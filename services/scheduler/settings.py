"""The scheduler's settings, read once, in `__main__`."""

from __future__ import annotations

from pydantic import BaseModel, Field, field_validator

from layerlab.addresses import split_address
from layerlab.settings import GatewayAddress, ProcessSettings
from services.scheduler.sizing import CohortLimits


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
    max_lanes: int = Field(
        default=256,
        ge=1,
        description="Trials in a cohort of the fused engine, at most. Cohorts are sized by their "
        "work; only those of tiny networks on small tables get so many.",
    )
    min_lanes: int = Field(
        default=8,
        ge=1,
        description="And at least, memory permitting: best twice the threads of a trainer.",
    )
    max_cohort_bytes: int = Field(
        default=512 << 20,
        ge=1,
        description="No cohort of several trials is predicted to take more of a trainer's memory, "
        "the dataset excluded.",
    )
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
    def cohort_limits(self) -> CohortLimits:
        return CohortLimits(
            self.max_lanes, self.max_keras_lanes, self.min_lanes, self.max_cohort_bytes
        )


class Settings(ProcessSettings):
    """Of `python -m services.scheduler`."""

    gateway: GatewayAddress = GatewayAddress()
    scheduler: SchedulerSettings = SchedulerSettings()
