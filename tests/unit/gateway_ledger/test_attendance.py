"""Workers that come, report themselves and go, and who may take over what they were training."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from layerlab.domain.exchange import Claim, ClaimOutcome
from layerlab.domain.problem import NotFound
from layerlab.domain.study import CohortRef
from layerlab.domain.trial import FailureReason
from tests.unit.gateway_ledger.world import (
    LEASE,
    START,
    Attending,
    World,
    a_worker,
    assignment,
)


@pytest.fixture
async def ref(world: World) -> CohortRef:
    """A cohort that w1 trains and reports on."""
    ref = await world.queued_cohort(await world.running_study())
    work = await world.claimed(ref)
    await world.heartbeat(a_worker(ref, work.attempt))
    return ref


async def test_a_worker_is_there_while_its_stream_is_open(world: World, ref: CohortRef) -> None:
    world.store.turn(4)
    assert await world.heartbeat(a_worker(ref, 1)) == LEASE / 3

    worker = await world.worker("w1")

    assert worker.heartbeat_at == START + timedelta(seconds=4)
    assert worker.disconnected_at is None


async def test_a_worker_whose_stream_breaks_is_known_to_be_gone(
    world: World, ref: CohortRef
) -> None:
    world.store.turn(4)

    worker = await world.leaves(a_worker(ref, 1))

    assert worker.heartbeat_at == START
    assert worker.disconnected_at == START + timedelta(seconds=4)


async def test_what_a_gone_worker_trained_is_taken_over_after_two_seconds(
    world: World, ref: CohortRef
) -> None:
    await world.leaves(a_worker(ref, 1))
    busy = Claim(ClaimOutcome.BUSY, retry_after_seconds=1.0, holder_is_gone=True)
    assert await world.ledger.claim_cohort(ref, "w2", "i2") == busy
    world.store.turn(1.5)
    assert await world.ledger.claim_cohort(ref, "w2", "i2") == replace(
        busy, retry_after_seconds=0.5
    )
    world.store.turn(0.5)

    assert assignment(await world.ledger.claim_cohort(ref, "w2", "i2")).attempt == 2
    taken_over = (await world.events(ref.study_id))[-3]
    assert taken_over.data["reason"] == FailureReason.WORKER_LOST


async def test_what_a_gone_worker_trained_is_taken_back_only_when_its_lease_is_over(
    world: World, ref: CohortRef
) -> None:
    await world.leaves(a_worker(ref, 1))
    world.store.turn(LEASE - 1)
    assert (await world.ledger.reclaim_cohorts(include_queued=False)).cohorts == 0
    world.store.turn(1)
    assert (await world.ledger.reclaim_cohorts(include_queued=False)).cohorts == 1


async def test_a_worker_that_comes_back_keeps_what_it_trains(world: World, ref: CohortRef) -> None:
    await world.leaves(a_worker(ref, 1))
    world.store.turn(3)

    await world.heartbeat(a_worker(ref, 1))

    assert (await world.worker("w1")).disconnected_at is None
    claim = await world.ledger.claim_cohort(ref, "w2", "i2")
    assert claim == Claim(ClaimOutcome.BUSY, retry_after_seconds=1.0)


async def test_a_break_that_is_noticed_late_does_not_send_away_who_is_back(
    world: World, ref: CohortRef
) -> None:
    async with world.another_ledger() as other:
        world.store.turn(1)
        stream = Attending(other)
        await stream.report(a_worker(ref, 1))
        world.store.turn(1)
        await world.attending.pop(("w1", "i1")).leave()
        await asyncio.gather(*world.ledger._attendance._departures)

        assert (await world.worker("w1")).disconnected_at is None
        await stream.leave()


async def test_a_gateway_that_stops_sends_nobody_away(world: World, ref: CohortRef) -> None:
    async with world.another_ledger() as stopping:
        world.store.turn(1)
        stream = Attending(stopping)
        await stream.report(a_worker(ref, 1))
        await stream.leave()

    assert (await world.worker("w1")).disconnected_at is None


async def test_while_the_ledger_was_away_nobody_could_come_back_to_it(
    world: World, ref: CohortRef
) -> None:
    await world.leaves(a_worker(ref, 1))
    world.store.turn(10)

    async with world.another_ledger() as restarted:
        assert (await restarted.claim_cohort(ref, "w2", "i2")).outcome is ClaimOutcome.BUSY
        world.store.turn(2)
        assert assignment(await restarted.claim_cohort(ref, "w2", "i2")).attempt == 2


async def test_a_claim_is_a_sign_of_life(world: World, ref: CohortRef) -> None:
    await world.leaves(a_worker(ref, 1))
    world.store.turn(1.5)
    # Its stream is not open again yet, but it is there.
    await world.claimed(ref, "w1", "i1")
    world.store.turn(1.5)

    assert (await world.ledger.claim_cohort(ref, "w2", "i2")).outcome is ClaimOutcome.BUSY


async def test_a_trainers_clock_does_not_matter(world: World, ref: CohortRef) -> None:
    """Clock jumps: leases are measured by the store's clock."""
    for skew in (timedelta(days=400), timedelta(days=-400)):
        world.store.turn(LEASE - 1)
        await world.heartbeat(replace(a_worker(ref, 1), heartbeat_at=START + skew))
        assert (await world.ledger.claim_cohort(ref, "w2", "i2")).outcome is ClaimOutcome.BUSY
        assert (await world.worker("w1")).heartbeat_at == world.store.time
    world.store.turn(LEASE)
    assert (await world.ledger.reclaim_cohorts(include_queued=False)).cohorts == 1


async def test_a_worker_is_told_at_once_to_drain_and_to_go_on(world: World) -> None:
    stream, worker = Attending(world.ledger), a_worker(CohortRef("", ""), 0)
    assert not (await stream.report(worker)).drain

    asked = await world.ledger.drain_worker("w1")

    assert asked.draining
    assert (await stream.next()).drain
    assert [each.draining for each in await world.ledger.list_workers()] == [True]
    assert not (await world.ledger.drain_worker("w1", wanted=False)).draining
    assert not (await stream.next()).drain
    await stream.leave()


async def test_a_worker_stays_drained_when_the_gateway_starts_anew_and_not_when_it_does(
    world: World,
) -> None:
    await world.heartbeat(a_worker(CohortRef("", ""), 0))
    await world.ledger.drain_worker("w1")
    assert (await world.attending["w1", "i1"].next()).drain

    async with world.another_ledger() as other:
        stream = Attending(other)
        assert (await stream.report(a_worker(CohortRef("", ""), 0))).drain
        await stream.leave()
        anew = Attending(other)
        assert not (await anew.report(a_worker(CohortRef("", ""), 0, "w1", "i2"))).drain
        await anew.leave()


async def test_a_worker_that_nobody_has_heard_of_cannot_be_drained(world: World) -> None:
    with pytest.raises(NotFound, match="w9"):
        await world.ledger.drain_worker("w9")
