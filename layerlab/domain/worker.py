"""Trainers, as they describe themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class HeldCohort:
    """A cohort that a worker has claimed; the claim counted the attempt."""

    study_id: str
    cohort_id: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Worker:
    """A trainer as it last described itself. `incarnation` is new at every start.

    `also_holds`: beside the cohort that it trains, the next one, which it has fetched already,
    and those whose last reports are under way.
    `memory_bytes`: what training may take beyond what is taken now; None: nobody tells.
    `disconnected_at`: it was seen to go then, after its heartbeat; None: it is there, for all
    that is known.
    """

    worker_id: str
    incarnation: str
    host: str
    pid: int
    device: str
    threads: int
    version: str
    heartbeat_at: datetime
    study_id: str = ""
    cohort_id: str = ""
    attempt: int = 0
    draining: bool = False
    disconnected_at: datetime | None = None
    also_holds: tuple[HeldCohort, ...] = ()
    memory_bytes: int | None = None

    @property
    def held(self) -> tuple[HeldCohort, ...]:
        """Every cohort whose lease this worker's heartbeat is."""
        trained = HeldCohort(self.study_id, self.cohort_id, self.attempt)
        return (trained, *self.also_holds) if self.cohort_id else self.also_holds
