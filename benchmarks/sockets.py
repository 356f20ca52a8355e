"""How late 2,000 websockets hear of an event, and what each costs the gateway.

    python -m benchmarks.sockets [--sockets 2000] [--studies 20 1] [--store mongodb sqlite]

A real gateway on a real store. The studies are spread over the websockets; of each, one trainer
reports an epoch a second over gRPC, so that every websocket gets an update a second: from 20
studies at 20 moments, or from one study, all 2,000 at the same moment. Age: from the time that the
ledger gives an event, before it is written, to its receipt in another process.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from benchmarks.support.deployment import Deployment, open_deployment
from benchmarks.support.machine import describe
from layerlab.adapters.grpc_ledger import GrpcLedger
from layerlab.domain.design import Design
from layerlab.domain.exchange import ReportBatch
from layerlab.domain.study import CohortRef, EpochReport, Proposal, Purpose
from layerlab.domain.trial import StudyState
from layerlab.serving import grpc_channel

P99_SECONDS: Final = 0.250
SOCKET_BYTES: Final = 100_000
_LISTENERS: Final = 2
_WARM_SECONDS: Final = 3.0
_SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True)
class Result:
    ages: list[float]
    gaps: int
    bytes_each: float
    gateway_cpu: float

    def quantile(self, part: float) -> float:
        return sorted(self.ages)[int(part * (len(self.ages) - 1))]


async def main() -> int:
    arguments = _parse()
    print(describe())
    missed = False
    for store in arguments.store:
        for studies in arguments.studies:
            with tempfile.TemporaryDirectory() as folder:
                result = await measure(Path(folder), store, arguments.sockets, studies)
            missed |= show(store, arguments.sockets, studies, result)
    return int(missed)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sockets", type=int, default=2000)
    parser.add_argument("--studies", type=int, nargs="+", default=[20, 1])
    parser.add_argument("--store", nargs="+", default=["mongodb", "sqlite"])
    return parser.parse_args()


async def measure(folder: Path, store: str, sockets: int, studies: int) -> Result:
    with open_deployment(folder, store, schedules=False) as here:
        async with AsyncExitStack() as stack:
            channel = await stack.enter_async_context(grpc_channel(here.grpc))
            ledger = GrpcLedger(channel)
            cohorts = [await claim_cohort(here, ledger) for _ in range(studies)]
            before = here.memory_bytes("gateway")
            listeners = [
                await listen(here, sockets // _LISTENERS, [each.study_id for each, _ in cohorts])
                for _ in range(_LISTENERS)
            ]
            reporting = [
                asyncio.create_task(_report(ledger, *each, index / studies))
                for index, each in enumerate(cohorts)
            ]
            await asyncio.sleep(_WARM_SECONDS)
            for listener in listeners:
                assert listener.stdin is not None
                listener.stdin.write(b"\n")
            cpu = here.cpu_seconds()["gateway"]
            await asyncio.sleep(_SECONDS)
            cpu = here.cpu_seconds()["gateway"] - cpu
            memory = here.memory_bytes("gateway") - before
            told = [json.loads((await each.communicate(b""))[0]) for each in listeners]
            for task in reporting:
                task.cancel()
            await asyncio.gather(*reporting, return_exceptions=True)
    ages = [age for each in told for age in each["ages"]]
    assert len(ages) >= 0.9 * sockets * _SECONDS, f"only {len(ages)} updates arrived"
    assert not any(each["closed"] for each in told), "websockets were closed"
    return Result(ages, sum(each["gaps"] for each in told), memory / sockets, cpu / _SECONDS)


async def claim_cohort(
    here: Deployment, ledger: GrpcLedger, lanes: int = 1
) -> tuple[CohortRef, int]:
    """A new study's only cohort, and the attempt that may report on it."""
    with here.client() as client:
        dataset = client.datasets.upload(client.sample("penguins"))
        study = client.studies.create(
            dataset, "species", max_trials=lanes, max_epochs=10_000, verdict="off"
        )
    cohort = CohortRef(study.study_id, "c1")
    await ledger.move_study(cohort.study_id, StudyState.RUNNING)
    proposals = [Proposal(number, Design((64,)), number) for number in range(1, lanes + 1)]
    await ledger.register_cohort(cohort, Purpose.SEARCH, proposals)
    claim = await ledger.claim_cohort(cohort, "w1", "i1")
    assert claim.assignment is not None
    return cohort, claim.assignment.attempt


async def listen(here: Deployment, count: int, studies: list[str]) -> Process:
    """A process with `count` websockets, all of them open."""
    address = urlsplit(here.url)
    words = (str(address.hostname), str(address.port), str(count), *studies)
    module = ("-m", "benchmarks.support.listeners")
    process = await asyncio.create_subprocess_exec(
        sys.executable, *module, *words, stdin=PIPE, stdout=PIPE, limit=1 << 28
    )
    assert process.stdout is not None
    if await process.stdout.readline() != b"open\n":
        raise subprocess.SubprocessError("the websockets could not be opened")
    return process


async def _report(ledger: GrpcLedger, cohort: CohortRef, attempt: int, phase: float) -> None:
    async def batches() -> AsyncIterator[ReportBatch]:
        clock = asyncio.get_running_loop()
        start = clock.time() + phase
        for epoch in range(1, sys.maxsize):
            await asyncio.sleep(start + epoch - clock.time())
            report = EpochReport(1, epoch, 0.5, 0.6, 0.7, 0.01 * epoch)
            yield ReportBatch(epoch, epochs=(report,))

    async for _ in ledger.report_cohort(cohort, attempt, batches()):
        pass


def show(store: str, sockets: int, studies: int, result: Result) -> bool:
    """Prints it; whether a goal is missed."""
    p50, p99, worst = (result.quantile(part) * 1e3 for part in (0.5, 0.99, 1.0))
    print(f"{sockets:,} websockets on {store}, {studies} studies, {len(result.ages):,} updates")
    print(f"  age at receipt: p50 {p50:.0f} ms, p99 {p99:.0f} ms, worst {worst:.0f} ms")
    print(f"  gateway: {result.bytes_each / 1e3:.0f} kB each, {result.gateway_cpu:.0%} of a core")
    complaints = [
        text
        for text, holds in (
            (f"p99 above {P99_SECONDS * 1e3:.0f} ms", p99 > P99_SECONDS * 1e3),
            (f"more than {SOCKET_BYTES / 1e3:.0f} kB each", result.bytes_each > SOCKET_BYTES),
            (f"{result.gaps} gaps", bool(result.gaps)),
        )
        if holds
    ]
    print(f"  {'MISSED: ' + ', '.join(complaints) if complaints else 'ok'}")
    return bool(complaints)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
