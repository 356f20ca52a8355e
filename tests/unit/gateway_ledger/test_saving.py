"""When snapshots are saved, and that nobody waits for them."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from layerlab.domain.problem import Unavailable
from layerlab.domain.trial import StudyState
from layerlab.ports import Snapshot
from services.gateway.ledger.fold import Record, fold
from services.gateway.ledger.saving import Snapshots
from services.gateway.ledger.snapshot import restore_snapshot
from tests.unit.gateway_ledger.world import World

_STEP = 100


class Saved:
    """Notes what the world's store was given, once it is free to take it; fails when told to."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seqs: list[int] = []
        self.free = asyncio.Event()
        self.free.set()
        self.away = False
        self._save = world.store.save_snapshot
        monkeypatch.setattr(world.store, "save_snapshot", self._take)

    async def _take(self, study_id: str, snapshot: Snapshot) -> None:
        await self.free.wait()
        if self.away:
            raise Unavailable("store_unavailable", "The test has pulled the plug.")
        await self._save(study_id, snapshot)
        self.seqs.append(snapshot.seq)


@pytest.fixture
def saved(world: World, monkeypatch: pytest.MonkeyPatch) -> Saved:
    return Saved(world, monkeypatch)


async def a_record(world: World) -> Record:
    study_id = await world.running_study()
    return fold(study_id, await world.events(study_id))


async def grow(snapshots: Snapshots, record: Record, to: int) -> None:
    while record.seq < to:
        record.seq = min(to, record.seq + _STEP)
        snapshots.offer(record)
        await snapshots.finish()


async def test_snapshots_cost_no_more_than_a_few_of_the_last_however_long_a_study_gets(
    world: World, saved: Saved
) -> None:
    record = await a_record(world)
    await grow(Snapshots(record.study_id, world.store), record, 200_000)

    assert sum(saved.seqs) < 4 * saved.seqs[-1]
    # And what would have to be folded again is a part of the whole.
    assert all(b - a <= max(2000, a / 2) + _STEP for a, b in pairwise([0, *saved.seqs, 200_000]))


async def test_a_study_that_was_opened_from_a_snapshot_needs_none_until_it_has_grown(
    world: World, saved: Saved
) -> None:
    record = await a_record(world)
    record.seq = 10_000
    snapshots = Snapshots(record.study_id, world.store)
    snapshots.start_from(10_000)

    await grow(snapshots, record, 14_900)
    assert saved.seqs == []
    await grow(snapshots, record, 15_100)
    assert len(saved.seqs) == 1


async def test_commands_are_answered_while_a_snapshot_is_saved(world: World, saved: Saved) -> None:
    study_id = await world.running_study()
    saved.free.clear()
    await world.ledger.move_study(study_id, StudyState.SUCCEEDED)

    assert (await world.ledger.get_study(study_id)).study.state is StudyState.SUCCEEDED
    assert await world.store.load_snapshot(study_id) is None

    saved.free.set()
    await world.ledger.__aexit__(None, None, None)
    assert saved.seqs == [await world.ledger.last_seq(study_id)]


async def test_a_snapshot_shows_its_record_as_it_was_when_it_was_due(
    world: World, saved: Saved
) -> None:
    record = await a_record(world)
    before = record.copy()
    saved.free.clear()
    snapshots = Snapshots(record.study_id, world.store)
    snapshots.start_from(-2000)
    snapshots.offer(record)
    record.seq += 1
    record.trials.clear()
    saved.free.set()
    await snapshots.finish()

    snapshot = await world.store.load_snapshot(record.study_id)
    assert snapshot is not None
    assert restore_snapshot(snapshot) == before


async def test_a_snapshot_that_could_not_be_saved_is_made_up_for_by_the_next(
    world: World, saved: Saved
) -> None:
    record = await a_record(world)
    snapshots = Snapshots(record.study_id, world.store)
    saved.away = True
    await grow(snapshots, record, 3000)
    saved.away = False
    await grow(snapshots, record, 10_000)

    assert len(saved.seqs) > 0
    assert (await world.store.load_snapshot(record.study_id)) is not None
