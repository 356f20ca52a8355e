"""Progress and the time that is left."""

from __future__ import annotations

from dataclasses import replace

import pytest

from layerlab.domain.exchange import ReportBatch
from layerlab.domain.json_value import JsonObject
from layerlab.domain.presets import preset_space
from layerlab.domain.space_document import parse_space
from layerlab.domain.spec import Search, StudySpec, VerdictMode
from layerlab.domain.study import CohortRef, Progress, Purpose, StudyPhase, Tally
from layerlab.domain.trial import StudyState
from services.gateway.ledger import StudyVerb
from services.gateway.ledger.fold import fold
from services.gateway.ledger.snapshot import restore_snapshot, take_snapshot
from tests.unit.gateway_ledger.world import World, a_spec, an_end, an_epoch, proposals

TINY: JsonObject = {
    "hidden": [[8], [16], [32]],
    "activation": ["relu", "tanh"],
    "norm": ["none"],
    "dropout": [0.0],
    "learning_rate": [0.01],
    "batch_size": [32],
}


def a_tiny_spec(search: Search, max_trials: int | None = 100) -> StudySpec:
    space = parse_space(TINY, preset_space("quick", 344))
    return replace(a_spec(max_trials), space=space, search=search)


async def progress(world: World, study_id: str) -> Progress:
    return (await world.ledger.get_study(study_id)).progress


async def test_nothing_is_known_of_a_study_that_has_not_started(world: World) -> None:
    view = await world.ledger.create_study(a_spec(50))
    world.store.turn(3)

    assert await progress(world, view.study.study_id) == Progress(0, 50, 0, 3.0, None, None)


async def test_a_time_budget_bounds_what_is_left_from_the_start(world: World) -> None:
    view = await world.ledger.create_study(a_spec(50, time_seconds=60))
    world.store.turn(20)

    assert await progress(world, view.study.study_id) == Progress(0, 50, 0, 20.0, None, 40.0)


@pytest.mark.parametrize("search", list(Search))
async def test_no_more_trials_are_planned_than_the_space_has(world: World, search: Search) -> None:
    study_id = await world.running_study(a_tiny_spec(search))

    assert (await progress(world, study_id)).total == 6


async def test_a_smaller_budget_is_the_plan(world: World) -> None:
    study_id = await world.running_study(a_tiny_spec(Search.GRID, max_trials=4))

    assert (await progress(world, study_id)).total == 4


async def test_without_a_number_of_trials_the_rate_tells_the_total(world: World) -> None:
    study_id = await world.running_study(a_spec(None, time_seconds=100))
    await world.queued_cohort(study_id, (3, 4, 5), "c3")
    assert (await progress(world, study_id)).total == 3
    world.store.turn(20)
    await world.succeeded(study_id, (1, 2))

    # 2 in 20 seconds: 8 more in the 80 that are left.
    assert (await progress(world, study_id)).total == 10
    world.store.turn(75)
    assert (await progress(world, study_id)).total == 5


async def test_half_the_work_done_leaves_about_the_time_it_took(world: World) -> None:
    study_id = await world.running_study(a_spec(8))
    world.store.turn(40)
    await world.succeeded(study_id, (1, 2, 3, 4))

    now = await progress(world, study_id)

    assert (now.done, now.total, now.running, now.elapsed_seconds) == (4, 8, 0, 40.0)
    # 40 seconds, give or take a factor of 1 + 1 / (1 + 2).
    assert now.eta_low_seconds == pytest.approx(30.0)
    assert now.eta_high_seconds == pytest.approx(40.0 * 4 / 3)


async def test_running_trials_count_by_their_epochs(world: World) -> None:
    study_id = await world.running_study(a_spec(2, max_epochs=10))
    ref = await world.queued_cohort(study_id, (1, 2))
    await world.claimed(ref)
    assert (await progress(world, study_id)).eta_high_seconds is None
    world.store.turn(10)
    await world.report(ref, 1, ReportBatch(1, tuple(an_epoch(1, n) for n in range(1, 6))))

    now = await progress(world, study_id)

    # A quarter of the work took 10 seconds; no trial has ended, so by a factor of 2 either way.
    assert (now.running, now.eta_low_seconds, now.eta_high_seconds) == (2, 15.0, 60.0)


async def test_the_time_budget_bounds_the_estimate(world: World) -> None:
    study_id = await world.running_study(a_spec(100, time_seconds=60))
    world.store.turn(40)
    await world.succeeded(study_id, (1,))

    now = await progress(world, study_id)

    assert (now.eta_low_seconds, now.eta_high_seconds) == (20.0, 20.0)


async def test_no_end_is_foretold_of_a_suspended_study(world: World) -> None:
    study_id = await world.running_study(a_spec(10))
    await world.succeeded(study_id)
    await world.ledger.move_by_user(study_id, StudyVerb.SUSPEND)

    assert (await progress(world, study_id)).eta_high_seconds is None


async def test_a_stopping_study_plans_no_more_than_it_has(world: World) -> None:
    study_id = await world.running_study(a_spec(10))
    await world.queued_cohort(study_id, (1, 2, 3))
    await world.ledger.move_by_user(study_id, StudyVerb.STOP)

    assert (await progress(world, study_id)).total == 3


async def test_what_has_ended_has_nothing_left_and_stops_its_clock(world: World) -> None:
    study_id = await world.running_study(a_spec(10, time_seconds=100))
    await world.succeeded(study_id)
    world.store.turn(5)
    await world.ledger.move_study(study_id, StudyState.SUCCEEDED)
    world.store.turn(500)

    assert await progress(world, study_id) == Progress(2, 2, 0, 5.0, 0.0, 0.0, StudyPhase.ENDED)


async def test_what_was_cancelled_has_ended_and_is_counted_apart(world: World) -> None:
    study_id = await world.running_study(a_spec(10))
    await world.succeeded(study_id)
    await world.queued_cohort(study_id, (3, 4, 5), "later")
    await world.ledger.move_by_user(study_id, StudyVerb.CANCEL)

    now = await progress(world, study_id)

    assert (now.done, now.total, now.cancelled) == (5, 5, 3)


async def test_a_clock_that_is_set_back_makes_no_time_negative(world: World) -> None:
    study_id = await world.running_study(a_spec(10, time_seconds=100))
    await world.succeeded(study_id)
    world.store.turn(-3600)

    now = await progress(world, study_id)

    assert now.elapsed_seconds == 0.0
    assert now.eta_high_seconds == 0.0


async def test_the_finals_are_counted_beside_the_search_and_named(world: World) -> None:
    study_id = await world.running_study(replace(a_spec(2), verdict=VerdictMode.AUTO))
    assert (await progress(world, study_id)).phase is StudyPhase.SEARCH
    await world.succeeded(study_id)
    again = [replace(each, repeat=1) for each in proposals((3, 4))]
    ref = CohortRef(study_id, "again")
    await world.ledger.register_cohort(ref, Purpose.CONFIRM, again)
    now = await progress(world, study_id)
    assert (now.phase, now.finals, now.done, now.total) == (StudyPhase.CONFIRM, Tally(0, 2), 2, 2)

    attempt = (await world.claimed(ref)).attempt
    await world.report(ref, attempt, ReportBatch(1, ends=(an_end(3), an_end(4))))
    assert (await progress(world, study_id)).finals == Tally(2, 2)
    around = [replace(each, repeat=1) for each in proposals((5,))]
    await world.ledger.register_cohort(CohortRef(study_id, "around"), Purpose.ABLATION, around)
    assert (await progress(world, study_id)).phase is StudyPhase.EXPLAIN
    await world.ledger.move_study(study_id, StudyState.SUCCEEDED)
    assert (await progress(world, study_id)).phase is StudyPhase.ENDED


async def test_a_snapshot_knows_how_far_the_finals_are(world: World) -> None:
    study_id = await world.running_study(replace(a_spec(2), verdict=VerdictMode.AUTO))
    await world.succeeded(study_id)
    again = [replace(each, repeat=1) for each in proposals((3, 4))]
    await world.ledger.register_cohort(CohortRef(study_id, "again"), Purpose.CONFIRM, again)
    record = fold(study_id, await world.events(study_id))
    restored = restore_snapshot(take_snapshot(record))

    assert restored is not None
    assert restored.finals == record.finals == Tally(0, 2)
    assert restored.finals_since == record.finals_since
    assert restored.in_finals


async def test_what_is_left_includes_the_finals(world: World) -> None:
    study_id = await world.running_study(a_spec(8))
    judged = await world.running_study(replace(a_spec(8), verdict=VerdictMode.AUTO))
    world.store.turn(40)
    for each in (study_id, judged):
        await world.succeeded(each, (1, 2, 3, 4))

    plain, longer = await progress(world, study_id), await progress(world, judged)

    assert plain.eta_low_seconds is not None
    assert plain.eta_high_seconds is not None
    assert longer.eta_low_seconds is not None
    assert longer.eta_high_seconds is not None
    assert longer.eta_low_seconds > plain.eta_low_seconds
    assert longer.eta_high_seconds > plain.eta_high_seconds
