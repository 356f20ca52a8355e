"""Two gateways on one database: what goes in at one comes out at the other, whole and in order."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedOK

from layerlab.adapters.grpc_ledger import GrpcLedger
from layerlab.domain.design import Design
from layerlab.domain.exchange import ReportBatch, StudyDelta
from layerlab.domain.problem import Unavailable
from layerlab.domain.study import CohortRef, EpochReport, Proposal, Purpose
from layerlab.domain.trial import StudyState
from layerlab.serving import grpc_channel
from tests.integration.gateway_world import World, running_gateway
from tests.servers import Mongod

_LIMIT_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: its public side, and the one that scheduler and trainers see."""

    world: World
    ledger: GrpcLedger

    async def cancel(self, study_id: str) -> int:
        """The number of the study's last event."""
        answer = await self.world.http.post(f"/v1/studies/{study_id}:cancel")
        assert answer.status_code == 200, answer.text
        return int(answer.json()["seq"])

    async def read_to_the_end(self, study_id: str) -> list[dict[str, Any]]:
        """The events on a websocket until the study has ended."""
        frames = []
        async with asyncio.timeout(_LIMIT_SECONDS), connect(self.world.socket_url(study_id)) as it:
            try:
                while True:
                    frames.append(json.loads(await it.recv()))
            except ConnectionClosedOK:
                return [each for each in frames if each["type"] not in ("hello", "heartbeat")]

    async def claim(self, study_id: str, number: int) -> tuple[CohortRef, int]:
        """A new cohort of one trial, claimed by a worker of its own."""
        cohort = CohortRef(study_id, f"c{number}")
        lanes = [Proposal(number, Design((8,)), number)]
        await self.ledger.register_cohort(cohort, Purpose.SEARCH, lanes)
        await self.ledger.mark_cohort_queued(cohort)
        claim = await self.ledger.claim_cohort(cohort, f"w{number}", "i1")
        assert claim.assignment is not None
        return cohort, claim.assignment.attempt

    async def report(self, cohort: CohortRef, attempt: int, number: int, epochs: int) -> None:
        """One epoch a message, sent again until it was acknowledged."""
        acknowledged = 0

        async def batches() -> AsyncIterator[ReportBatch]:
            for epoch in range(acknowledged + 1, epochs + 1):
                yield ReportBatch(epoch, (EpochReport(number, epoch, 0.5, 0.6, 0.7, float(epoch)),))

        async with asyncio.timeout(_LIMIT_SECONDS):
            while acknowledged < epochs:
                try:
                    async for ack in self.ledger.report_cohort(cohort, attempt, batches()):
                        acknowledged = ack.acknowledged
                except Unavailable:
                    await asyncio.sleep(0.1)


@pytest.fixture
async def sides(mongod: Mongod, tmp_path: Path) -> AsyncIterator[tuple[Side, Side]]:
    url = mongod.url_of(f"test_{uuid4().hex}")
    async with AsyncExitStack() as stack:
        found = []
        for _ in range(2):
            world = await stack.enter_async_context(running_gateway(tmp_path, url))
            channel = await stack.enter_async_context(grpc_channel(world.grpc))
            found.append(Side(world, GrpcLedger(channel)))
        yield found[0], found[1]


async def start_study(side: Side) -> str:
    study_id = str((await side.world.study())["study_id"])
    await side.ledger.move_study(study_id, StudyState.RUNNING)
    return study_id


def epochs_by_trial(events: list[dict[str, Any]]) -> dict[int, list[int]]:
    epochs: dict[int, list[int]] = {}
    for event in events:
        if event["type"] == "trial.epochs_reported":
            for report in event["data"]["reports"]:
                epochs.setdefault(report["number"], []).append(report["epoch"])
    return epochs


async def test_a_websocket_on_one_sees_all_that_a_trainer_reports_to_the_other(
    sides: tuple[Side, Side],
) -> None:
    one, other = sides
    study_id = await start_study(one)
    reading = asyncio.create_task(other.read_to_the_end(study_id))
    cohort, attempt = await one.claim(study_id, 1)
    await one.report(cohort, attempt, 1, epochs=200)
    last = await one.cancel(study_id)
    events = await reading
    assert [event["seq"] for event in events] == list(range(1, last + 1))
    assert epochs_by_trial(events) == {1: list(range(1, 201))}


async def test_both_append_to_one_study_and_both_show_the_same_log(
    sides: tuple[Side, Side],
) -> None:
    study_id = await start_study(sides[0])
    reading = [asyncio.create_task(side.read_to_the_end(study_id)) for side in sides]

    async def work(side: Side, number: int) -> None:
        cohort, attempt = await side.claim(study_id, number)
        await side.report(cohort, attempt, number, epochs=150)

    await asyncio.gather(*(work(sides[number % 2], number) for number in range(1, 5)))
    last = await sides[1].cancel(study_id)
    first_log, second_log = await asyncio.gather(*reading)
    assert first_log == second_log
    assert [event["seq"] for event in first_log] == list(range(1, last + 1))
    expected = list(range(1, 151))
    assert epochs_by_trial(first_log) == dict.fromkeys(range(1, 5), expected)


async def test_a_scheduler_at_one_hears_of_what_users_do_at_the_other(
    sides: tuple[Side, Side],
) -> None:
    one, other = sides
    deltas = other.ledger.watch_studies()
    existing = str((await one.world.study())["study_id"])

    async def heard(study_id: str, state: StudyState) -> StudyDelta:
        async with asyncio.timeout(_LIMIT_SECONDS):
            async for delta in deltas:
                if (delta.study.study_id, delta.study.state) == (study_id, state):
                    return delta
        raise AssertionError

    await heard(existing, StudyState.PENDING)
    created_later = str((await one.world.study())["study_id"])
    await heard(created_later, StudyState.PENDING)
    await one.cancel(created_later)
    await heard(created_later, StudyState.CANCELLED)


async def test_each_claims_a_cohort_once(sides: tuple[Side, Side]) -> None:
    study_id = await start_study(sides[0])
    cohort = CohortRef(study_id, "c1")
    lanes = [Proposal(1, Design((8,)), 1)]
    await asyncio.gather(
        *(side.ledger.register_cohort(cohort, Purpose.SEARCH, lanes) for side in sides)
    )
    await sides[0].ledger.mark_cohort_queued(cohort)
    claims = await asyncio.gather(
        *(sides[number % 2].ledger.claim_cohort(cohort, f"w{number}", "i1") for number in range(6))
    )
    assert sum(claim.assignment is not None for claim in claims) == 1
