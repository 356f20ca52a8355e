"""What a study is expected to take, before anybody has paid for it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Estimate:
    """Wall time from the study's creation to its end, and memory that its training takes at the
    peak, as ranges. `trials`: those of the search. `is_rough`: not measured by a probe.
    """

    estimate_id: str
    seconds_low: float
    seconds_high: float
    bytes_low: int
    bytes_high: int
    trials: int
    is_rough: bool
