"""Epoch reports stored per second, end to end, and how late a websocket hears of them.

    python -m benchmarks.reports [--trainers 4] [--store mongodb sqlite]

A real gateway on a real store; trainers stream reports of 32 lanes a message over gRPC from another
process, each a cohort of a study of its own, with a websocket on each study. First as fast as they
are acknowledged; then 5,000 reports a second, for the age at receipt: from the trainer's report.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.sockets import claim_cohort, listen
from benchmarks.support.deployment import open_deployment
from benchmarks.support.machine import describe
from layerlab.adapters.grpc_ledger import GrpcLedger
from layerlab.domain.exchange import ReportBatch
from layerlab.domain.study import CohortRef, EpochReport
from layerlab.serving import grpc_channel

GOAL: Final = 5_000
P99_SECONDS: Final = 0.500
LANES: Final = 32
_SECONDS: Final = 10.0
# Beyond this the oldest is waited for: what a trainer has not been acknowledged, it keeps.
_UNACKNOWLEDGED: Final = 64


@dataclass(frozen=True, slots=True)
class Result:
    rate: float
    steady_rate: float
    ages: list[float]
    cpu: dict[str, float]

    def quantile(self, part: float) -> float:
        return sorted(self.ages)[int(part * (len(self.ages) - 1))]


class Trainer:
    """Streams the reports of one cohort."""

    def __init__(self, ledger: GrpcLedger, cohort: CohortRef, attempt: int) -> None:
        self.stored = 0
        self._ledger, self._cohort, self._attempt = ledger, cohort, attempt
        self._acknowledged = asyncio.Semaphore(_UNACKNOWLEDGED)
        self._epoch = 0

    async def run(self, seconds: float, pause: float) -> None:
        """`pause` between two messages; 0: as fast as they are acknowledged."""
        first = last = self._epoch
        batches = self._batches(time.monotonic() + seconds, pause)
        async for ack in self._ledger.report_cohort(self._cohort, self._attempt, batches):
            for _ in range(ack.acknowledged - last):
                self._acknowledged.release()
            last = ack.acknowledged
        self.stored += (last - first) * LANES

    async def _batches(self, end: float, pause: float) -> AsyncIterator[ReportBatch]:
        due = time.monotonic()
        while time.monotonic() < end:
            await self._acknowledged.acquire()
            self._epoch += 1
            now = time.time()
            reports = (
                EpochReport(lane, self._epoch, 0.5, 0.6, 0.7, now) for lane in range(1, LANES + 1)
            )
            yield ReportBatch(self._epoch, epochs=tuple(reports))
            due += pause
            await asyncio.sleep(max(0.0, due - time.monotonic()))


async def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trainers", type=int, default=4)
    parser.add_argument("--store", nargs="+", default=["mongodb", "sqlite"])
    arguments = parser.parse_args()
    print(describe())
    missed = False
    for store in arguments.store:
        with tempfile.TemporaryDirectory() as folder:
            missed |= show(store, await measure(Path(folder), store, arguments.trainers))
    return int(missed)


async def measure(folder: Path, store: str, trainers: int) -> Result:
    with open_deployment(folder, store, schedules=False) as here:
        async with AsyncExitStack() as stack:
            team: list[Trainer] = []
            studies: list[str] = []
            for _ in range(trainers):
                channel = await stack.enter_async_context(grpc_channel(here.grpc))
                ledger = GrpcLedger(channel)
                cohort, attempt = await claim_cohort(here, ledger, LANES)
                studies.append(cohort.study_id)
                team.append(Trainer(ledger, cohort, attempt))
            listener = await listen(here, trainers, studies)
            assert listener.stdin is not None
            rate = await _together(team, 0.0)
            listener.stdin.write(b"\n")
            cpu = here.cpu_seconds()
            steady_rate = await _together(team, LANES * trainers / GOAL)
            cpu = {name: (each - cpu[name]) / _SECONDS for name, each in here.cpu_seconds().items()}
            told = json.loads((await listener.communicate(b""))[0])
            assert not told["gaps"], "a websocket has missed events"
            return Result(rate, steady_rate, told["ages"], cpu)


async def _together(team: list[Trainer], pause: float) -> float:
    """Reports stored per second."""
    before, started = sum(each.stored for each in team), time.monotonic()
    await asyncio.gather(*(each.run(_SECONDS, pause) for each in team))
    return (sum(each.stored for each in team) - before) / (time.monotonic() - started)


def show(store: str, result: Result) -> bool:
    """Prints it; whether a goal is missed."""
    p50, p99 = result.quantile(0.5), result.quantile(0.99)
    busy = ", ".join(f"{name} {part:.0%}" for name, part in result.cpu.items())
    fast = "ok" if result.rate >= GOAL else "MISSED"
    soon = "ok" if p99 <= P99_SECONDS else "MISSED"
    print(f"{store}: {result.rate:,.0f} epoch reports/s stored  goal {GOAL:,}  {fast}")
    print(f"  at {result.steady_rate:,.0f} reports/s, of one core: {busy}")
    print(
        f"  report to websocket: p50 {p50 * 1e3:.0f} ms, p99 {p99 * 1e3:.0f} ms"
        f"  goal {P99_SECONDS * 1e3:.0f} ms  {soon}"
    )
    return result.rate < GOAL or p99 > P99_SECONDS


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
