"""What a training job takes: time, arithmetic and memory."""

from __future__ import annotations

import time
from collections.abc import Sequence

from layerlab.domain.cohort_stats import CohortStats
from layerlab.domain.footprint import Kernel, epoch_flops, padded_flops
from layerlab.domain.study import EpochReport, Proposal
from layerlab.domain.table_shape import TableShape
from services.trainer.groups import Groups
from services.trainer.memory import PeakMemory


class Meter:
    """Of one training process. What it takes idle is measured before the first job of each kernel,
    whose libraries are loaded by then."""

    def __init__(self) -> None:
        self._peaks: dict[Kernel, PeakMemory] = {}

    def start(
        self, kernel: Kernel, lanes: Sequence[Proposal], groups: Groups, table: TableShape
    ) -> Measurement:
        peak = self._peaks.setdefault(kernel, PeakMemory())
        # What a device has taken is not told by this process's memory.
        measured = peak if peak.reset() and kernel is not Kernel.DEVICE_STACK else None
        return Measurement(kernel, lanes, groups, table, measured)


class Measurement:
    """Of one job, from now on."""

    def __init__(
        self,
        kernel: Kernel,
        lanes: Sequence[Proposal],
        groups: Groups,
        table: TableShape,
        peak: PeakMemory | None,
    ) -> None:
        self._started, self._groups, self._peak = time.monotonic(), groups, peak
        self._open = {lane.number for lane in lanes}
        self._lanes = len(lanes)
        designs = {lane.number: lane.design for lane in lanes}
        self._flops = {n: epoch_flops(design, table) for n, design in designs.items()}
        self._padded = {n: padded_flops(design, table, kernel) for n, design in designs.items()}
        self._needed = self._done = 0

    def note(self, reports: Sequence[EpochReport], ended: Sequence[int]) -> CohortStats | None:
        """The statistics, when these were the last ends."""
        for report in reports:
            self._needed += self._flops[report.number]
            self._done += self._padded[report.number]
        self._open.difference_update(ended)
        return None if self._open else self._stats()

    def _stats(self) -> CohortStats:
        return CohortStats(
            lanes=self._lanes,
            groups=max(1, len(self._groups.groups)),
            padding_share=1 - self._needed / self._done if self._done else 0.0,
            predicted_bytes=self._groups.predicted_bytes,
            peak_bytes=self._peak.read() if self._peak else None,
            train_seconds=time.monotonic() - self._started,
            flops=float(self._needed),
        )
