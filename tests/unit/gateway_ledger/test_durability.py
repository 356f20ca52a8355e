"""Several ledgers on one store, restarts, and a store that fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest

from layerlab.domain.event import Event
from layerlab.domain.exchange import ReportAck, ReportBatch
from layerlab.domain.problem import Conflict, Unavailable
from layerlab.domain.study import CohortRef, Purpose
from layerlab.domain.trial import StudyState, TrialState
from services.gateway.ledger import StudyVerb, StudyView
from services.gateway.ledger.book import Book
from services.gateway.ledger.decisions.command import Decision, look
from services.gateway.ledger.decisions.studies import move_by_user
from services.gateway.ledger.fold import Record, fold
from services.gateway.ledger.snapshot import restore_snapshot, take_snapshot
from tests.unit.gateway_ledger.world import (
    LEASE,
    Outage,
    World,
    a_spec,
    an_end,
    an_epoch,
    collect,
    epochs,
    open_world,
    proposals,
    report,
)


async def test_two_gateways_decide_on_one_log(world: World) -> None:
    study_id = await world.running_study()
    async with world.another_ledger() as other:
        refs = [CohortRef(study_id, f"c{number}") for number in range(1, 21)]
        async with asyncio.TaskGroup() as tasks:
            for number, ref in enumerate(refs, start=1):
                ledger = (world.ledger, other)[number % 2]
                tasks.create_task(ledger.register_cohort(ref, Purpose.SEARCH, proposals((number,))))

        seqs = [event.seq for event in await world.events(study_id)]
        assert seqs == list(range(1, 2 + 2 * len(refs) + 1))
        assert await other.get_study(study_id) == await world.ledger.get_study(study_id)


async def test_of_two_claims_at_two_gateways_one_wins(world: World) -> None:
    ref = await world.queued_cohort(await world.running_study())
    async with world.another_ledger() as other:
        first, second = await asyncio.gather(
            world.ledger.claim_cohort(ref, "w1", "i1"), other.claim_cohort(ref, "w2", "i2")
        )

    assert sorted((first.outcome, second.outcome)) == ["busy", "claimed"]


async def test_of_two_registrations_of_one_number_one_wins(world: World) -> None:
    study_id = await world.running_study()
    async with world.another_ledger() as other:
        results = await asyncio.gather(
            world.ledger.register_cohort(
                CohortRef(study_id, "c1"), Purpose.SEARCH, proposals((1,))
            ),
            other.register_cohort(CohortRef(study_id, "c2"), Purpose.SEARCH, proposals((1,))),
            return_exceptions=True,
        )

    assert sum(isinstance(each, Conflict) for each in results) == 1


async def test_a_report_to_a_gateway_that_has_not_seen_the_claim_is_not_stale(
    world: World,
) -> None:
    study_id = await world.running_study()
    ref = await world.queued_cohort(study_id)
    async with world.another_ledger() as other:
        await other.get_study(study_id)
        await world.claimed(ref)

        acks = await report(other, ref, 1, ReportBatch(1, epochs((1, 2))))

    assert acks == [ReportAck(1)]


async def test_a_refusal_is_never_given_from_a_record_that_was_overtaken(world: World) -> None:
    study_id = await world.running_study()
    async with world.another_ledger() as other:
        await other.move_by_user(study_id, StudyVerb.SUSPEND)
        await world.ledger.get_study(study_id)
        await other.move_by_user(study_id, StudyVerb.RESUME)

        await world.queued_cohort(study_id)


async def test_a_restarted_ledger_goes_on_where_the_log_ends(world: World) -> None:
    study_id = await world.running_study()
    ref = await world.queued_cohort(study_id)
    await world.claimed(ref)
    await world.report(ref, 1, ReportBatch(1, epochs((1, 2)), (an_end(1),)))
    before = await world.ledger.get_study(study_id)

    async with world.another_ledger() as restarted:
        assert await restarted.get_study(study_id) == before
        acks = await report(
            restarted, ref, 1, ReportBatch(2, epochs((1, 2), 2)), ReportBatch(3, ends=(an_end(2),))
        )
        await restarted.move_study(study_id, StudyState.SUCCEEDED)

    assert acks[-1].acknowledged == 3
    seqs = [event.seq for event in await world.events(study_id)]
    assert seqs == list(range(1, len(seqs) + 1))


async def test_a_long_study_is_opened_from_its_snapshot_and_the_events_after_it(
    world: World,
) -> None:
    study_id = await world.running_study()
    ref = await world.queued_cohort(study_id)
    await world.claimed(ref)
    batches = [ReportBatch(epoch, (an_epoch(1, epoch),)) for epoch in range(1, 2601)]
    await world.report(ref, 1, *batches)
    await world.report(ref, 1, ReportBatch(2601, ends=(an_end(2),)))
    await world.ledger.__aexit__(None, None, None)

    snapshot = await world.store.load_snapshot(study_id)
    assert snapshot is not None
    assert snapshot.seq < await world.ledger.last_seq(study_id)
    async with world.another_ledger() as restarted:
        assert await restarted.get_study(study_id) == await world.ledger.get_study(study_id)
        assert await restarted.get_trial(study_id, 1) == await world.ledger.get_trial(study_id, 1)


async def test_the_snapshot_of_an_ended_study_is_whole(world: World) -> None:
    study_id = await world.running_study()
    await world.succeeded(study_id)
    await world.ledger.move_study(study_id, StudyState.SUCCEEDED)
    await world.ledger.__aexit__(None, None, None)

    snapshot = await world.store.load_snapshot(study_id)

    assert snapshot is not None
    record = fold(study_id, await world.events(study_id))
    assert restore_snapshot(snapshot) == record
    assert take_snapshot(record) == snapshot


async def test_a_snapshot_of_another_version_is_passed_over(world: World) -> None:
    study_id = await world.running_study()
    snapshot = take_snapshot(fold(study_id, await world.events(study_id)))
    newer = type(snapshot)(snapshot.seq, snapshot.body.replace('"version":2', '"version":3'))
    assert newer != snapshot
    await world.store.save_snapshot(study_id, newer)

    async with world.another_ledger() as restarted:
        assert (await restarted.get_study(study_id)).study.state is StudyState.RUNNING


@pytest.mark.parametrize("outage", list(Outage))
async def test_what_could_not_be_written_is_refused_and_can_be_asked_again(
    world: World, outage: Outage
) -> None:
    study_id = await world.running_study()
    ref = await world.queued_cohort(study_id)
    await world.claimed(ref)
    batches = (ReportBatch(1, epochs((1, 2))), ReportBatch(2, ends=(an_end(1),)))
    world.store.outage = outage

    with pytest.raises(Unavailable):
        await world.report(ref, 1, *batches)
    with pytest.raises(Unavailable):
        await world.ledger.move_by_user(study_id, StudyVerb.SUSPEND)
    world.store.outage = None
    acks = await world.report(ref, 1, *batches)

    assert acks[-1].acknowledged == 2
    everything = await world.events(study_id)
    assert [event.seq for event in everything] == list(range(1, len(everything) + 1))
    trial, curve = await world.ledger.get_trial(study_id, 1)
    assert (trial.state, len(curve)) == (TrialState.SUCCEEDED, 1)
    suspended = outage is Outage.AFTER
    assert ((await world.ledger.get_study(study_id)).study.state is StudyState.SUSPENDED) is (
        suspended
    )


@pytest.mark.parametrize("outage", list(Outage))
async def test_a_follower_misses_and_repeats_nothing_though_the_store_fails(
    world: World, outage: Outage
) -> None:
    study_id = await world.running_study()
    followed = list[Event]()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(collect(world.ledger.follow(study_id), followed))
        await world.queued_cohort(study_id, (1,), "c1")
        world.store.outage = outage
        with pytest.raises(Unavailable):
            await world.ledger.move_by_user(study_id, StudyVerb.SUSPEND)
        world.store.outage = None
        await world.ledger.move_by_user(study_id, StudyVerb.STOP)
        await world.ledger.move_by_user(study_id, StudyVerb.CANCEL)

    assert followed == await world.events(study_id)


async def test_what_could_not_be_written_is_not_seen_by_anyone(world: World) -> None:
    study_id = await world.running_study()
    before = await world.ledger.get_study(study_id)
    world.store.outage = Outage.BEFORE
    with pytest.raises(Unavailable):
        await world.queued_cohort(study_id)
    world.store.outage = None

    assert await world.ledger.get_study(study_id) == before
    assert await world.states(study_id) == {}


async def test_what_follows_a_report_that_was_not_written_is_not_written_either(
    world: World,
) -> None:
    study_id = await world.running_study()
    ref = await world.queued_cohort(study_id, (1,))
    await world.claimed(ref)
    acks: list[ReportAck] = []
    acknowledged = asyncio.Event()

    async def send() -> AsyncIterator[ReportBatch]:
        yield ReportBatch(1, (an_epoch(1, 1),))
        await acknowledged.wait()
        world.store.outage = Outage.BEFORE
        yield ReportBatch(2, (an_epoch(1, 2),))
        # Time enough to fail; then the store is back, and the end would find it working.
        for _ in range(20):
            await asyncio.sleep(0)
        world.store.outage = None
        yield ReportBatch(3, ends=(an_end(1),))

    async def receive() -> None:
        async for ack in world.ledger.report_cohort(ref, 1, send()):
            acks.append(ack)
            acknowledged.set()

    with pytest.raises(Unavailable):
        await receive()
    world.store.outage = None

    assert acks == [ReportAck(1)]
    assert (await world.states(study_id))[1] is TrialState.RUNNING


async def test_a_caller_that_leaves_takes_nobody_with_it(world: World) -> None:
    study_id = await world.running_study()
    leaving = asyncio.create_task(world.ledger.move_by_user(study_id, StudyVerb.SUSPEND))
    staying = asyncio.create_task(world.ledger.get_study(study_id))
    await asyncio.sleep(0)
    leaving.cancel()

    assert (await staying).study.state is StudyState.SUSPENDED


async def test_a_command_that_breaks_breaks_alone(world: World) -> None:
    study_id = await world.running_study()
    actor = Book(world.store, world.feed).actor(study_id)

    def broken(record: Record, now: datetime) -> Decision[None]:
        raise ZeroDivisionError

    results = await asyncio.gather(
        actor.do(broken),
        actor.do(move_by_user(StudyVerb.SUSPEND)),
        return_exceptions=True,
    )

    assert isinstance(results[0], ZeroDivisionError)
    assert isinstance(results[1], StudyView)
    assert (await world.ledger.get_study(study_id)).study.state is StudyState.SUSPENDED


async def test_closing_waits_for_what_was_accepted(world: World) -> None:
    study_id = await world.running_study()
    async with world.another_ledger() as other:
        asked = asyncio.create_task(other.move_by_user(study_id, StudyVerb.CANCEL))
        await asyncio.sleep(0)

    assert (await world.events(study_id))[-1].data["to"] == "CANCELLED"
    await asked


async def test_ended_studies_leave_memory_and_can_still_be_read(world: World) -> None:
    book = Book(world.store, world.feed, kept=2)
    made = [await world.running_study() for _ in range(6)]
    for study_id in made[1:]:
        await world.ledger.move_by_user(study_id, StudyVerb.CANCEL)
    first = book.actor(made[0])
    actors = {}
    for study_id in made:
        actors[study_id] = book.actor(study_id)
        await actors[study_id].do(look(lambda record, now: record.study.state))

    assert book.actor(made[0]) is first
    assert book.actor(made[-1]) is actors[made[-1]]
    assert book.actor(made[1]) is not actors[made[1]]


async def test_a_restart_reclaims_what_the_dead_were_training(world: World) -> None:
    study_id = await world.running_study(a_spec(time_seconds=600))
    ref = await world.queued_cohort(study_id)
    await world.claimed(ref)
    async with world.another_ledger() as restarted:
        world.store.turn(LEASE + 1)
        assert (await restarted.reclaim_cohorts(include_queued=True)).cohorts == 1
        claim = await restarted.claim_cohort(ref, "w2", "i2")

    assert claim.assignment is not None
    assert claim.assignment.attempt == 2


async def test_a_file_that_was_closed_is_opened_with_all_that_was_answered(
    tmp_path: Path,
) -> None:
    async with open_world(tmp_path) as first:
        study_id = await first.running_study()
        await first.succeeded(study_id)
        before = await first.ledger.get_study(study_id)
    async with open_world(tmp_path) as second:
        assert await second.ledger.get_study(study_id) == before
