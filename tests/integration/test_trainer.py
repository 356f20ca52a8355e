"""A trainer's way with cohorts: claimed, trained in a child, reported, ended once."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from safetensors.numpy import load

from layerlab.adapters.memory import MemoryJobQueue
from layerlab.domain.design import Design, Norm, Schedule
from layerlab.domain.event import EventType
from layerlab.domain.matrices import Part
from layerlab.domain.problem import NotFound
from layerlab.domain.spec import Replay, StudyKind, VerdictMode
from layerlab.domain.study import CohortRef, Proposal, Purpose, Trial
from layerlab.domain.trial import CohortState, StopReason, StudyState, TrialState
from layerlab.domain.worker import Worker
from layerlab.lifecycle import background
from layerlab.ports import Requeue
from services.gateway.ledger import StudyVerb
from services.trainer import runner
from services.trainer.child_process import TrainingChild, training_child
from services.trainer.initial import tensor_shapes
from services.trainer.service import trainer_service
from services.trainer.settings import TrainerSettings
from tests.integration.trainer_world import WAIT_SECONDS, TrainerWorld, open_trainer_world
from tests.unit.gateway_ledger.world import START, a_worker
from tests.unit.trainer.sources import SPLIT_SHA256

# One child for all tests: it lives in one loop.
pytestmark = pytest.mark.asyncio(loop_scope="module")

QUICK = [Design((8,), batch_size=32), Design((16, 8), norm=Norm.BATCH, batch_size=32)]
ENDLESS = 1_000_000
SETTINGS = TrainerSettings(threads=1, hang_seconds=20)


@pytest_asyncio.fixture(scope="module", loop_scope="module", name="child")
async def shared_child() -> AsyncIterator[TrainingChild]:
    async with training_child(SETTINGS) as child:
        yield child


@pytest_asyncio.fixture(loop_scope="module")
async def world(tmp_path: Path, child: TrainingChild) -> AsyncIterator[TrainerWorld]:
    async with open_trainer_world(tmp_path, child) as world:
        yield world


async def run(world: TrainerWorld, ref: CohortRef) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        await world.runner().run(ref)


async def assert_each_ended_once(world: TrainerWorld, study_id: str) -> list[Trial]:
    trials = await world.trials(study_id)
    ends = [
        event.data["number"]
        for event in await world.events(study_id, EventType.TRIAL_STATE_CHANGED)
        if TrialState(str(event.data["to"])).is_terminal
    ]
    assert sorted(map(str, ends)) == sorted(str(trial.number) for trial in trials)
    return trials


async def assert_epochs_have_no_gap(world: TrainerWorld, study_id: str) -> None:
    """Of the attempt that each trial ended in."""
    for trial in await world.trials(study_id):
        _, curve = await world.world.ledger.get_trial(study_id, trial.number)
        assert [point.epoch for point in curve] == list(range(1, trial.epochs + 1))


async def test_a_cohort_is_trained_to_its_end(world: TrainerWorld) -> None:
    study_id = await world.study(max_epochs=5)
    await run(world, await world.cohort(study_id, QUICK))
    trials = await assert_each_ended_once(world, study_id)
    for trial, design in zip(trials, QUICK, strict=True):
        assert (trial.state, trial.stop_reason) == (TrialState.SUCCEEDED, StopReason.MAX_EPOCHS)
        assert (trial.epochs, trial.attempt) == (5, 1)
        assert trial.n_params == design.n_params(6, 3)
        assert trial.score_val is not None
    await assert_epochs_have_no_gap(world, study_id)


async def test_the_best_trials_weights_are_kept(world: TrainerWorld) -> None:
    study_id = await world.study()
    await run(world, await world.cohort(study_id, QUICK))
    trials = await world.trials(study_id)
    best = min(trials, key=lambda t: (-(t.score_val or 0), t.n_params or 0, t.number))
    assert [trial.number for trial in trials if trial.has_model] == [best.number]
    weights = load(await world.ledger.download_model(study_id, best.number))
    shapes = tensor_shapes(best.design, 6, 3)
    assert {name: value.shape for name, value in weights.items()} == shapes


async def test_several_models_are_kept_where_designs_are_to_be_compared(
    world: TrainerWorld,
) -> None:
    study_id = await world.study(verdict=VerdictMode.AUTO)
    widths = [Design((4 * n,), batch_size=32, learning_rate=0.01) for n in range(1, 9)]
    await run(world, await world.cohort(study_id, widths))
    trials = await world.trials(study_id)
    best = sorted(trials, key=lambda t: (-(t.score_val or 0), t.n_params or 0, t.number))[:5]
    assert {each.number for each in best} <= {each.number for each in trials if each.has_model}
    for each in best:
        assert load(await world.ledger.download_model(study_id, each.number))


async def test_a_replay_stops_where_the_original_was_stopped(world: TrainerWorld) -> None:
    design = Design((16,), batch_size=32, norm=Norm.BATCH, schedule=Schedule.COSINE)
    original = await world.study(max_epochs=9)
    await run(world, await world.cohort(original, [design, QUICK[0]]))
    replay = Replay(seed=101, repeat=0, share=1.0, epochs=4)
    again = await world.study(max_epochs=9, kind=StudyKind.REPLAY, replay=replay)
    await run(world, await world.cohort(again, [design]))
    (trial,) = await world.trials(again)
    assert (trial.stop_reason, trial.epochs) == (StopReason.REPLAYED, 4)
    _, first = await world.world.ledger.get_trial(original, 1)
    _, second = await world.world.ledger.get_trial(again, 1)
    values = [
        [(each.train_loss, each.val_loss, each.score_val) for each in curve]
        for curve in (first[:4], second)
    ]
    assert values[0] == values[1]


async def test_a_cohorts_last_report_brings_a_receipt(world: TrainerWorld) -> None:
    study_id = await world.study()
    trained = await world.cohort(study_id, QUICK)
    await run(world, trained)
    # That ends the search.
    fitted = await world.baseline_cohort(study_id, first=3)
    await run(world, fitted)
    for ref, package in ((trained, "numpy"), (fitted, "scikit-learn")):
        receipt = (await world.world.cohort(ref)).receipt
        assert receipt is not None
        assert receipt.recipe_sha256 == hashlib.sha256(b"{}").hexdigest()
        assert receipt.split_sha256 == SPLIT_SHA256
        assert {"layerlab", "python", package} <= receipt.versions.keys()
        assert {"processor", "system", "threads"} <= receipt.machine.keys()


async def test_weights_that_do_not_beat_the_best_stay_here(world: TrainerWorld) -> None:
    study_id = await world.study()
    good = Design((16,), batch_size=32, learning_rate=0.01)
    await run(world, await world.cohort(study_id, [good]))
    first = (await world.trials(study_id))[0]
    assert first.has_model
    # It learns nothing.
    bad = Design((16,), batch_size=32, learning_rate=1e-30)
    ref = CohortRef(study_id, "later")
    await world.world.ledger.register_cohort(ref, Purpose.SEARCH, [Proposal(2, bad, 5)])
    await run(world, ref)
    second = (await world.trials(study_id))[1]
    assert second.state is TrialState.SUCCEEDED
    assert (second.score_val or 0) < (first.score_val or 0)
    assert not second.has_model


async def test_the_test_rows_are_fetched_and_scored_only_by_a_test_cohort(
    world: TrainerWorld,
) -> None:
    study_id = await world.study()
    await run(world, await world.cohort(study_id, QUICK))
    assert world.source.asked == [(Part.TRAIN, Part.VALIDATION)]
    best = next(trial for trial in await world.trials(study_id) if trial.has_model)
    await run(world, await world.test_cohort(study_id, [best.number]))
    assert world.source.asked[1] == (Part.TEST,)
    assert all(Part.TEST not in parts for parts in world.source.asked[2:])
    evaluated = await world.events(study_id, EventType.TRIAL_EVALUATED)
    assert [each.data["rows"] for each in evaluated] == ["test", "validation"]
    tested = (await world.trials(study_id))[best.number - 1]
    assert tested.score_test is not None
    assert 0 <= tested.score_test <= 1
    assert len(await world.events(study_id, EventType.TRIAL_TESTED)) == 1


async def test_a_message_that_comes_again_changes_nothing(world: TrainerWorld) -> None:
    study_id = await world.study()
    ref = await world.cohort(study_id, QUICK)
    await run(world, ref)
    before = await world.world.events(study_id)
    await run(world, ref)
    assert await world.world.events(study_id) == before


async def test_a_message_that_names_nothing_is_refused(world: TrainerWorld) -> None:
    study_id = await world.study()
    with pytest.raises(NotFound):
        await run(world, CohortRef(study_id, "nonsense"))


async def test_a_cohort_that_another_worker_trains_needs_no_message(
    world: TrainerWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same message five times: the claim decides."""
    monkeypatch.setattr(runner, "_NOTICING_SECONDS", 0.05)
    study_id = await world.study()
    ref = await world.cohort(study_id, QUICK)
    await world.world.claimed(ref, "w2", "i2")
    for _ in range(5):
        await run(world, ref)
    assert (await world.world.cohort(ref)).worker_id == "w2"
    assert (await world.world.cohort(ref)).attempt == 1
    # Its worker is lost, and nobody has a message: the ledger says what to publish.
    world.world.store.turn(60)
    assert (await world.world.ledger.reclaim_cohorts(include_queued=False)).cohorts == 1
    await run(world, ref)
    await assert_each_ended_once(world, study_id)


async def test_a_message_that_comes_when_its_worker_has_just_died_is_taken_over(
    world: TrainerWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trainer `kill -9`: redelivered at once, a new attempt claims."""
    # The clock of leases is turned by hand here.
    monkeypatch.setattr(runner, "_NOTICING_SECONDS", WAIT_SECONDS)
    monkeypatch.setattr(runner, "_RETURNING_SECONDS", WAIT_SECONDS)
    study_id = await world.study(max_epochs=3)
    ref = await world.cohort(study_id, QUICK)
    await world.world.claimed(ref, "w2", "i2")
    dead = a_worker(ref, 1, "w2", "i2")
    await world.world.heartbeat(dead)
    running = asyncio.create_task(run(world, ref))
    await world.world.leaves(dead)
    world.world.store.turn(2)
    await running
    trials = await assert_each_ended_once(world, study_id)
    assert {(t.state, t.attempt) for t in trials} == {(TrialState.SUCCEEDED, 2)}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGABRT], ids=["kill", "abort"])
async def test_a_cohort_whose_child_dies_comes_back_and_ends(
    world: TrainerWorld, number: signal.Signals
) -> None:
    # Many, so that it is not over before it is killed, and so few that it ends soon.
    study_id = await world.study(max_epochs=3000)
    ref = await world.cohort(study_id, QUICK)
    running = asyncio.create_task(run(world, ref))
    await world.epochs_reported(study_id)
    os.kill(world.child_pid(), number)
    with pytest.raises(Requeue):
        await running
    assert (await world.world.cohort(ref)).state is CohortState.QUEUED
    await run(world, ref)
    trials = await assert_each_ended_once(world, study_id)
    assert {(trial.state, trial.attempt) for trial in trials} == {(TrialState.SUCCEEDED, 2)}
    await assert_epochs_have_no_gap(world, study_id)


async def test_a_cancelled_study_stops_the_training_and_keeps_the_child(
    world: TrainerWorld,
) -> None:
    study_id = await world.study(max_epochs=ENDLESS)
    ref = await world.cohort(study_id, QUICK)
    running = asyncio.create_task(run(world, ref))
    await world.epochs_reported(study_id)
    child = world.child_pid()
    await world.world.ledger.move_by_user(study_id, StudyVerb.CANCEL)
    await running
    trials = await assert_each_ended_once(world, study_id)
    assert {trial.state for trial in trials} == {TrialState.CANCELLED}
    assert world.child_pid() == child


async def test_a_trainer_that_is_stopped_hands_its_cohort_back(world: TrainerWorld) -> None:
    study_id = await world.study(max_epochs=ENDLESS)
    ref = await world.cohort(study_id, QUICK)
    running = asyncio.create_task(run(world, ref))
    await world.epochs_reported(study_id)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (await world.world.cohort(ref)).state is CohortState.QUEUED
    reasons = [
        event.data["reason"]
        for event in await world.events(study_id, EventType.COHORT_STATE_CHANGED)
    ]
    assert set(reasons) == {None}


async def test_a_ledger_that_goes_and_comes_back_misses_nothing(world: TrainerWorld) -> None:
    study_id = await world.study(max_epochs=ENDLESS)
    ref = await world.cohort(study_id, [Design((32, 32), batch_size=16)])
    running = asyncio.create_task(run(world, ref))
    for _ in range(2):
        await world.another_epoch(study_id)
        await world.stop_server()
        await asyncio.sleep(0.2)
        await world.start_server()
    await world.another_epoch(study_id)
    await world.world.ledger.move_by_user(study_id, StudyVerb.CANCEL)
    await running
    trials = await assert_each_ended_once(world, study_id)
    assert [(t.state, t.attempt) for t in trials] == [(TrialState.CANCELLED, 1)]
    await assert_epochs_have_no_gap(world, study_id)


async def test_a_stale_attempt_gives_up_and_records_nothing(world: TrainerWorld) -> None:
    study_id = await world.study(max_epochs=ENDLESS)
    ref = await world.cohort(study_id, QUICK)
    running = asyncio.create_task(run(world, ref))
    await world.epochs_reported(study_id)
    # Nobody has heard of the worker for longer than its lease.
    world.world.store.turn(60)
    other = await world.world.claimed(ref, "w2", "i2")
    await running
    assert other.attempt == 2
    assert (await world.world.cohort(ref)).worker_id == "w2"
    reports = await world.events(study_id, EventType.EPOCHS_REPORTED)
    claim = max(e.seq for e in await world.events(study_id, EventType.COHORT_STATE_CHANGED))
    assert not [event for event in reports if event.seq > claim]


async def test_when_the_time_budget_is_over_lanes_succeed_with_what_they_have(
    world: TrainerWorld,
) -> None:
    study_id = await world.study(max_epochs=ENDLESS, time_seconds=1.0)
    await run(world, await world.cohort(study_id, QUICK))
    trials = await assert_each_ended_once(world, study_id)
    assert {(t.state, t.stop_reason) for t in trials} == {
        (TrialState.SUCCEEDED, StopReason.TIME_BUDGET)
    }


async def test_a_trainer_tells_what_it_trains_and_says_goodbye(
    world: TrainerWorld, tmp_path: Path
) -> None:
    queue = MemoryJobQueue()
    study_id = await world.study(max_epochs=ENDLESS)
    ref = await world.cohort(study_id, QUICK)
    await queue.put(ref)
    settings = TrainerSettings(threads=1, worker_id="w7")

    async def tells(condition: Callable[[Worker], bool]) -> None:
        async with asyncio.timeout(WAIT_SECONDS):
            while not condition(await world.world.worker("w7")):  # noqa: ASYNC110  # Nobody in a store signals an event.
                await asyncio.sleep(0.02)

    service = trainer_service(settings, queue, world.ledger, world.source, tmp_path)
    async with background(service):
        await world.epochs_reported(study_id)
        await tells(lambda w: (w.cohort_id, w.attempt, w.draining) == (ref.cohort_id, 1, False))
        # A gateway that goes and comes back hears from it without being asked.
        await world.stop_server()
        world.world.store.turn(1)
        await world.start_server()
        await tells(lambda w: w.heartbeat_at > START and w.disconnected_at is None)
    await tells(lambda w: w.draining and not w.cohort_id and w.disconnected_at is not None)
    assert (await world.world.cohort(ref)).state is CohortState.QUEUED
    assert (await queue.depth()).ready == 1


async def test_trials_that_run_when_their_study_stops_go_on_to_their_end(
    world: TrainerWorld,
) -> None:
    study_id = await world.study(max_epochs=60)
    running = asyncio.create_task(run(world, await world.cohort(study_id, QUICK)))
    await world.epochs_reported(study_id)
    view = await world.world.ledger.move_by_user(study_id, StudyVerb.STOP)
    assert view.study.state is StudyState.STOPPING
    await running
    trials = await assert_each_ended_once(world, study_id)
    assert {trial.state for trial in trials} == {TrialState.SUCCEEDED}


async def test_baselines_end_like_trials_and_touch_the_test_rows_once(world: TrainerWorld) -> None:
    study_id = await world.study()
    ref = await world.baseline_cohort(study_id)
    await run(world, ref)
    for number in (1, 2, 3):
        trial, curve = await world.world.ledger.get_trial(study_id, number)
        assert trial.state is TrialState.SUCCEEDED
        assert trial.score_val is not None
        assert trial.score_test is not None
        assert curve == ()
        assert not trial.has_model
    tested = await world.events(study_id, EventType.TRIAL_TESTED)
    assert sorted(str(each.data["number"]) for each in tested) == ["1", "2", "3"]
    assert {each.data["rows"] for each in tested} == {40}
    assert world.source.asked == [(Part.TRAIN, Part.VALIDATION, Part.TEST)]
    assert (await world.world.cohort(ref)).state is CohortState.ENDED


async def test_baselines_of_a_resampling_touch_no_test_rows(world: TrainerWorld) -> None:
    study_id = await world.study()
    await run(world, await world.baseline_cohort(study_id, repeat=2))
    trial, _ = await world.world.ledger.get_trial(study_id, 1)
    assert trial.state is TrialState.SUCCEEDED
    assert trial.score_test is None
    assert world.source.asked == [(Part.TRAIN, Part.VALIDATION)]


async def test_lanes_on_different_rows_are_not_trained_together(world: TrainerWorld) -> None:
    study_id = await world.study()
    ref = CohortRef(study_id, "mixed")
    lanes = [Proposal(n, QUICK[0], 5, repeat=n) for n in (1, 2)]
    await world.world.ledger.register_cohort(ref, Purpose.CONFIRM, lanes)
    with pytest.raises(Requeue):
        await world.runner().run(ref)
    assert world.source.asked == []
