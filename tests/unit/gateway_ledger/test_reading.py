"""Following a study, and watching all of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from layerlab.domain.event import Event
from layerlab.domain.exchange import ReportBatch, StudyDelta
from layerlab.domain.problem import InvalidInput, NotFound
from layerlab.domain.study import CohortRef, Purpose
from layerlab.domain.trial import StudyState, TrialState
from services.gateway.ledger import StudyVerb
from services.gateway.ledger.reading import TRIALS_PER_DELTA
from tests.unit.gateway_ledger.world import World, a_spec, an_epoch, collect, epochs, proposals


async def test_a_study_that_has_ended_is_followed_to_its_end(world: World) -> None:
    study_id = await world.running_study()
    await world.succeeded(study_id)
    await world.ledger.move_study(study_id, StudyState.SUCCEEDED)
    everything = await world.events(study_id)

    for after in range(len(everything) + 1):
        followed = [event async for event in world.ledger.follow(study_id, after)]
        assert followed == everything[after:]


async def test_a_follower_sees_live_events_once_each_until_the_end(world: World) -> None:
    study_id = await world.running_study()
    early, late = list[Event](), list[Event]()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(collect(world.ledger.follow(study_id), early))
        ref = await world.queued_cohort(study_id)
        await world.claimed(ref)
        tasks.create_task(collect(world.ledger.follow(study_id, after=3), late))
        for epoch in range(1, 50):
            await world.report(ref, 1, ReportBatch(epoch, epochs((1, 2), epoch)))
        await world.ledger.move_by_user(study_id, StudyVerb.CANCEL)

    everything = await world.events(study_id)
    assert early == everything
    assert late == everything[3:]


async def test_a_long_log_is_followed_in_pages(world: World) -> None:
    study_id = await world.running_study()
    ref = await world.queued_cohort(study_id, (1,))
    await world.claimed(ref)
    batches = [ReportBatch(epoch, (an_epoch(1, epoch),)) for epoch in range(1, 2501)]
    await world.report(ref, 1, *batches)
    await world.ledger.move_by_user(study_id, StudyVerb.CANCEL)

    async with world.another_ledger() as fresh:
        for ledger in (world.ledger, fresh):
            seqs = [event.seq async for event in ledger.follow(study_id)]
            assert seqs == list(range(1, len(seqs) + 1))
            assert len(seqs) > 2500


async def test_what_another_gateway_writes_is_followed_here(world: World) -> None:
    study_id = await world.running_study()
    followed = list[Event]()
    async with world.another_ledger() as other, asyncio.TaskGroup() as tasks:
        tasks.create_task(collect(world.ledger.follow(study_id), followed))
        await other.move_by_user(study_id, StudyVerb.SUSPEND)
        await world.ledger.move_by_user(study_id, StudyVerb.RESUME)
        await other.move_by_user(study_id, StudyVerb.CANCEL)

    assert followed == await world.events(study_id)


@pytest.mark.parametrize("after", [3, 100, -1])
async def test_a_cursor_beyond_the_log_is_refused_with_its_end(world: World, after: int) -> None:
    study_id = await world.running_study()

    with pytest.raises(InvalidInput, match="invalid_cursor") as caught:
        await anext(world.ledger.follow(study_id, after))

    assert caught.value.extra == {"seq": 2}


async def test_an_unknown_study_can_not_be_followed(world: World) -> None:
    with pytest.raises(NotFound, match="unknown_study"):
        await anext(world.ledger.follow("nothing"))


class Watcher:
    """What a scheduler has been told so far."""

    def __init__(self) -> None:
        self.deltas: list[StudyDelta] = []
        self._grown = asyncio.Condition()

    async def watch(self, stream: AsyncIterator[StudyDelta]) -> None:
        async for delta in stream:
            async with self._grown:
                self.deltas.append(delta)
                self._grown.notify_all()

    async def until(self, seq: int, study_id: str) -> list[StudyDelta]:
        """The deltas of a study up to `seq`; later ones start anew."""
        async with self._grown:
            await self._grown.wait_for(
                lambda: any(d.seq >= seq and d.study.study_id == study_id for d in self.deltas)
            )
            mine = [delta for delta in self.deltas if delta.study.study_id == study_id]
            self.deltas.clear()
            return mine


@asynccontextmanager
async def watching(world: World) -> AsyncIterator[Watcher]:
    watcher = Watcher()
    task = asyncio.create_task(watcher.watch(world.ledger.watch_studies()))
    try:
        yield watcher
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_a_watcher_is_told_of_each_study_whole_then_of_what_changed(world: World) -> None:
    study_id = await world.running_study(a_spec(time_seconds=60))
    ref = await world.queued_cohort(study_id)
    world.store.turn(10)
    async with watching(world) as watcher:
        (whole,) = await watcher.until(await world.ledger.last_seq(study_id), study_id)
        assert [trial.number for trial in whole.trials] == [1, 2]
        assert [cohort.cohort_id for cohort in whole.cohorts] == ["c1"]
        assert (whole.complete, whole.seconds_left) == (True, 50.0)

        await world.ledger.register_cohort(
            CohortRef(study_id, "c2"), Purpose.SEARCH, proposals((3,))
        )
        (news,) = await watcher.until(await world.ledger.last_seq(study_id), study_id)
        assert [trial.number for trial in news.trials] == [3]
        assert [cohort.cohort_id for cohort in news.cohorts] == ["c2"]

        await world.claimed(ref)
        (news,) = await watcher.until(await world.ledger.last_seq(study_id), study_id)
        assert {trial.state for trial in news.trials} == {TrialState.RUNNING}
        assert [cohort.attempt for cohort in news.cohorts] == [1]


async def test_a_watcher_is_told_of_new_studies_and_of_ends(world: World) -> None:
    async with watching(world) as watcher:
        first = await world.running_study()
        assert (await watcher.until(2, first))[-1].study.state is StudyState.RUNNING
        await world.queued_cohort(first)
        await world.ledger.move_by_user(first, StudyVerb.CANCEL)
        last = (await watcher.until(await world.ledger.last_seq(first), first))[-1]

    assert last.study.state is StudyState.CANCELLED
    assert {trial.state for trial in last.trials} == {TrialState.CANCELLED}


async def test_a_watcher_is_not_told_of_epochs_or_of_what_was_over_before(world: World) -> None:
    over = await world.running_study()
    await world.ledger.move_by_user(over, StudyVerb.CANCEL)
    study_id = await world.running_study()
    ref = await world.queued_cohort(study_id)
    await world.claimed(ref)
    async with watching(world) as watcher:
        await watcher.until(await world.ledger.last_seq(study_id), study_id)
        await world.report(ref, 1, ReportBatch(1, epochs((1, 2))))
        other = await world.running_study()
        await watcher.until(2, other)
        await world.ledger.move_by_user(study_id, StudyVerb.SUSPEND)
        (news,) = await watcher.until(await world.ledger.last_seq(study_id), study_id)
        assert (news.trials, news.cohorts) == ((), ())
        assert not any(delta.study.study_id == over for delta in watcher.deltas)


async def test_a_large_study_is_told_in_parts(world: World) -> None:
    study_id = await world.running_study(a_spec(5000))
    count = 2 * TRIALS_PER_DELTA + 1
    await world.queued_cohort(study_id, range(1, count + 1))
    deltas = world.ledger.watch_studies()

    parts = [await anext(deltas) for _ in range(3)]
    await world.ledger.move_by_user(study_id, StudyVerb.CANCEL)
    ends = [await anext(deltas) for _ in range(3)]

    sizes = [TRIALS_PER_DELTA, TRIALS_PER_DELTA, 1]
    assert [len(each.trials) for each in parts] == [len(each.trials) for each in ends] == sizes
    assert [each.complete for each in parts] == [False, False, True]
    assert sum(len(each.cohorts) for each in parts) == 1
    assert all(each.complete for each in ends)


async def test_the_curve_is_of_one_trial_and_its_current_attempt(world: World) -> None:
    study_id = await world.running_study()
    ref = await world.queued_cohort(study_id)
    await world.claimed(ref, "w1", "before")
    await world.report(ref, 1, *(ReportBatch(n, epochs((1, 2), n)) for n in (1, 2, 3)))
    await world.claimed(ref, "w1", "after")
    await world.report(ref, 2, *(ReportBatch(n, epochs((1, 2), n)) for n in (1, 2)))

    _, curve = await world.ledger.get_trial(study_id, 2)

    assert [point.epoch for point in curve] == [1, 2]
