"""How soon a job will be over, judged by how fast the epochs of its lanes come."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import Final

from layerlab.domain.halving import Rung
from services.trainer.messages import Progress, TrainJob

# Of the latest seconds per epoch, beside those before: fewer lanes, or a busier machine.
_WEIGHT: Final = 0.5


class Pace:
    """Of one job. `epoch_seconds` of a lane's epoch: what the job before took, None if unknown."""

    def __init__(self, job: TrainJob, epoch_seconds: float | None = None) -> None:
        self._epochs = {lane.number: 0 for lane in job.lanes}
        self._max_epochs, self._rungs = job.last_epoch, job.rungs
        self._epoch_seconds = epoch_seconds
        self._started = self._noted = time.monotonic()
        self._deadline = None if job.seconds_left is None else self._started + job.seconds_left
        self._reported = 0

    def note(self, progress: Progress) -> None:
        now = time.monotonic()
        if progress.reports:
            latest = (now - self._noted) / len(progress.reports)
            known = self._epoch_seconds if self._reported else None
            self._epoch_seconds = latest if known is None else known + _WEIGHT * (latest - known)
            self._reported += len(progress.reports)
        self._noted = now
        for report in progress.reports:
            if report.number in self._epochs:
                self._epochs[report.number] = report.epoch
        for end in progress.ends:
            self._epochs.pop(end.number, None)

    @property
    def mean_epoch_seconds(self) -> float | None:
        """Of a lane's epoch so far, for the next job's first guess."""
        return (self._noted - self._started) / self._reported if self._reported else None

    def seconds_left(self) -> float:
        """Below 0: it should be over by now. Infinite while nothing is known.

        Lanes that stop early are not foreseen, so it may be over sooner.
        """
        now = time.monotonic()
        left = float("inf")
        if self._epoch_seconds is not None:
            epochs = epochs_left(self._epochs.values(), self._max_epochs, self._rungs)
            left = self._noted + epochs * self._epoch_seconds - now
        return left if self._deadline is None else min(left, self._deadline - now)


def epochs_left(done: Collection[int], max_epochs: int, rungs: Sequence[Rung]) -> int:
    """How many epochs lanes that have trained `done` will train, all together."""
    edges = sorted({*done, *(rung.epoch for rung in rungs if rung.epoch < max_epochs), max_epochs})
    total = 0
    for low, high in pairwise(edges):
        open_lanes = sum(epochs <= low for epochs in done)
        kept = [rung.keep for rung in rungs if rung.epoch <= low]
        total += (high - low) * min([open_lanes, *kept])
    return total
