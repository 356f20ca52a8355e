"""Studies: creating, registering work, moving, ending."""

from __future__ import annotations

from dataclasses import replace

import pytest

from layerlab.domain.event import EventType
from layerlab.domain.exchange import ReportBatch
from layerlab.domain.problem import Conflict, InvalidInput, NotFound
from layerlab.domain.study import CohortRef, Purpose
from layerlab.domain.trial import CohortState, StudyState, TrialState
from services.gateway.ledger import StudyVerb
from services.gateway.ledger.spec_documents import spec_from_json
from tests.unit.gateway_ledger.world import World, a_spec, an_end, proposals


async def test_a_new_study_is_pending_and_its_first_event_is_the_whole_request(
    world: World,
) -> None:
    spec = a_spec(time_seconds=60)

    view = await world.ledger.create_study(spec)

    assert (view.study.state, view.study.spec, view.seq) == (StudyState.PENDING, spec, 1)
    assert view.study.created_at == world.store.time
    (event,) = await world.events(view.study.study_id)
    assert event.type is EventType.STUDY_CREATED
    assert spec_from_json(event.data) == spec


async def test_study_ids_are_short_safe_in_a_url_and_spell_nothing(world: World) -> None:
    ids = [(await world.ledger.create_study(a_spec())).study.study_id for _ in range(20)]

    assert len(set(ids)) == 20
    assert all(len(each) == 12 and each.isalnum() and not set(each) & set("aeiou") for each in ids)


async def test_an_unknown_study_is_not_found_by_anything(world: World) -> None:
    ref = CohortRef("nothing", "c1")
    for asked in (
        world.ledger.get_study("nothing"),
        world.ledger.last_seq("nothing"),
        world.ledger.get_trial("nothing", 1),
        world.ledger.move_by_user("nothing", StudyVerb.CANCEL),
        world.ledger.move_study("nothing", StudyState.RUNNING),
        world.ledger.register_cohort(ref, Purpose.SEARCH, proposals((1,))),
        world.ledger.mark_cohort_queued(ref),
        world.ledger.release_cohort(ref, 1, None),
    ):
        with pytest.raises(NotFound, match="unknown_study"):
            await asked


async def test_registering_a_cohort_again_gives_what_was_registered_first(world: World) -> None:
    study_id = await world.running_study()
    ref = CohortRef(study_id, "c1")
    first = await world.ledger.register_cohort(ref, Purpose.SEARCH, proposals((1, 2)))
    before = await world.events(study_id)

    again = await world.ledger.register_cohort(ref, Purpose.SEARCH, proposals((3,)))

    assert again == replace(first, is_repeated=True)
    assert not first.is_repeated
    assert first.cohort.numbers == (1, 2)
    assert await world.events(study_id) == before


async def test_a_trial_belongs_to_one_cohort(world: World) -> None:
    study_id = await world.running_study()
    await world.queued_cohort(study_id, (1, 2))

    with pytest.raises(Conflict, match="trial_taken"):
        await world.queued_cohort(study_id, (2, 3), "c2")

    assert set(await world.states(study_id)) == {1, 2}


async def test_a_proposal_becomes_a_trial_as_it_is(world: World) -> None:
    study_id = await world.running_study()
    (proposal,) = proposals((5,))
    await world.ledger.register_cohort(CohortRef(study_id, "c5"), Purpose.SEARCH, (proposal,))

    trial, curve = await world.ledger.get_trial(study_id, 5)

    assert (trial.design, trial.seed) == (proposal.design, proposal.seed)
    assert (trial.state, trial.engine, curve) == (TrialState.PENDING, a_spec().engine, ())
    assert trial.created_at == world.store.time


@pytest.mark.parametrize(
    ("cohort_id", "numbers"), [("c1", ()), ("c1", (1, 1)), ("a/b", (1,)), ("", (1,)), ("c1", (0,))]
)
async def test_a_cohort_has_an_id_and_some_trials_each_once(
    world: World, cohort_id: str, numbers: tuple[int, ...]
) -> None:
    ref = CohortRef(await world.running_study(), cohort_id)
    work = [replace(each, number=n) for each, n in zip(proposals((1, 2)), numbers, strict=False)]

    with pytest.raises(InvalidInput, match="invalid_cohort"):
        await world.ledger.register_cohort(ref, Purpose.SEARCH, work)


@pytest.mark.parametrize("verb", [StudyVerb.SUSPEND, StudyVerb.STOP, StudyVerb.CANCEL])
async def test_a_study_that_was_told_to_pause_or_end_takes_no_trials(
    world: World, verb: StudyVerb
) -> None:
    study_id = await world.running_study()
    await world.ledger.move_by_user(study_id, verb)

    with pytest.raises(Conflict, match="takes_no_trials"):
        await world.queued_cohort(study_id)


async def test_finalists_can_be_tested_while_a_study_stops(world: World) -> None:
    study_id = await world.running_study()
    await world.succeeded(study_id, (1, 2))
    await world.ledger.move_by_user(study_id, StudyVerb.STOP)

    ref = CohortRef(study_id, "final")
    cohort = (await world.ledger.register_cohort(ref, Purpose.TEST, finalists=(2,))).cohort

    assert (cohort.purpose, cohort.numbers) == (Purpose.TEST, (2,))
    with pytest.raises(Conflict, match="trial_taken"):
        await world.ledger.register_cohort(
            CohortRef(study_id, "again"), Purpose.TEST, finalists=(2,)
        )


async def test_only_what_has_succeeded_is_a_finalist(world: World) -> None:
    study_id = await world.running_study()
    await world.queued_cohort(study_id, (1,))

    for number in (1, 9):
        with pytest.raises(Conflict, match="not_a_finalist"):
            await world.ledger.register_cohort(
                CohortRef(study_id, "final"), Purpose.TEST, finalists=(number,)
            )


async def test_the_scheduler_starts_and_ends_a_study(world: World) -> None:
    view = await world.ledger.create_study(a_spec())
    study_id = view.study.study_id
    world.store.turn(1)
    started = await world.ledger.move_study(study_id, StudyState.RUNNING)
    world.store.turn(1)
    ended = await world.ledger.move_study(study_id, StudyState.SUCCEEDED, "all 100 trials ended")

    assert started.started_at is not None
    assert ended.ended_at == world.store.time
    assert started.started_at < ended.ended_at
    assert ended.detail == "all 100 trials ended"
    assert await world.ledger.move_study(study_id, StudyState.SUCCEEDED, "again") == ended


async def test_an_end_cancels_what_has_not_ended_and_comes_last(world: World) -> None:
    study_id = await world.running_study()
    await world.succeeded(study_id, (1, 2))
    running = await world.queued_cohort(study_id, (3, 4), "c3")
    await world.claimed(running)
    await world.ledger.register_cohort(CohortRef(study_id, "c5"), Purpose.SEARCH, proposals((5,)))

    await world.ledger.move_study(study_id, StudyState.SUCCEEDED)

    states = await world.states(study_id)
    assert [states[n] for n in (1, 2)] == [TrialState.SUCCEEDED] * 2
    assert [states[n] for n in (3, 4, 5)] == [TrialState.CANCELLED] * 3
    assert (await world.cohort(running)).state is CohortState.ENDED
    assert (await world.events(study_id))[-1].type is EventType.STUDY_STATE_CHANGED


async def test_cancelling_ends_everything_in_one_append(world: World) -> None:
    study_id = await world.running_study()
    await world.claimed(await world.queued_cohort(study_id))
    before = await world.ledger.last_seq(study_id)

    view = await world.ledger.move_by_user(study_id, StudyVerb.CANCEL)

    assert view.study.state is StudyState.CANCELLED
    assert (view.progress.done, view.progress.running) == (2, 0)
    times = {event.time for event in await world.store.read_events(study_id, before)}
    assert len(times) == 1
    assert view.seq == before + 4


@pytest.mark.parametrize("verb", list(StudyVerb))
async def test_a_verb_that_was_obeyed_changes_nothing_when_repeated(
    world: World, verb: StudyVerb
) -> None:
    study_id = await world.running_study()
    if verb is StudyVerb.RESUME:
        await world.ledger.move_by_user(study_id, StudyVerb.SUSPEND)
    first = await world.ledger.move_by_user(study_id, verb)

    assert await world.ledger.move_by_user(study_id, verb) == first


async def test_a_suspended_study_goes_on_when_resumed(world: World) -> None:
    study_id = await world.running_study()
    suspended = await world.ledger.move_by_user(study_id, StudyVerb.SUSPEND)
    resumed = await world.ledger.move_by_user(study_id, StudyVerb.RESUME)

    assert (suspended.study.state, resumed.study.state) == (
        StudyState.SUSPENDED,
        StudyState.RUNNING,
    )
    assert resumed.study.started_at == suspended.study.started_at
    await world.queued_cohort(study_id)


@pytest.mark.parametrize("verb", [StudyVerb.SUSPEND, StudyVerb.RESUME, StudyVerb.STOP])
async def test_a_study_that_is_over_obeys_no_verb(world: World, verb: StudyVerb) -> None:
    study_id = await world.running_study()
    await world.ledger.move_by_user(study_id, StudyVerb.CANCEL)

    with pytest.raises(Conflict, match="illegal_move"):
        await world.ledger.move_by_user(study_id, verb)


async def test_the_scheduler_can_not_revive_what_a_user_has_cancelled(world: World) -> None:
    study_id = await world.running_study()
    await world.ledger.move_by_user(study_id, StudyVerb.CANCEL)

    for to in (StudyState.RUNNING, StudyState.SUCCEEDED, StudyState.FAILED):
        with pytest.raises(Conflict, match="illegal_move"):
            await world.ledger.move_study(study_id, to)


async def test_marking_a_cohort_queues_its_trials_once(world: World) -> None:
    study_id = await world.running_study()
    ref = await world.queued_cohort(study_id)
    assert set((await world.states(study_id)).values()) == {TrialState.QUEUED}
    before = await world.events(study_id)

    await world.ledger.mark_cohort_queued(ref)

    assert await world.events(study_id) == before


async def test_what_a_queue_has_forgotten_is_to_be_published_again(world: World) -> None:
    study_id = await world.running_study()
    queued = await world.queued_cohort(study_id, (1,), "c1")
    running = await world.queued_cohort(study_id, (2,), "c2")
    await world.claimed(running)
    await world.succeeded(study_id, (3,))

    assert (await world.ledger.reclaim_cohorts(include_queued=False)).cohorts == 0
    assert (await world.ledger.reclaim_cohorts(include_queued=True)).cohorts == 1
    assert (await world.cohort(queued)).state is CohortState.PENDING
    assert (await world.cohort(running)).state is CohortState.RUNNING
    # A repeat finds nothing.
    assert (await world.ledger.reclaim_cohorts(include_queued=True)).cohorts == 0


async def test_a_cohort_waits_on_the_queue_once_its_message_had_time_to_get_there(
    world: World,
) -> None:
    first, second = await world.running_study(), await world.running_study()
    await world.queued_cohort(first)
    ref = await world.queued_cohort(second)
    assert (await world.ledger.reclaim_cohorts(include_queued=False)).waiting == 0
    world.store.turn(5)
    assert (await world.ledger.reclaim_cohorts(include_queued=False)).waiting == 2
    work = await world.claimed(ref)
    assert (await world.ledger.reclaim_cohorts(include_queued=False)).waiting == 1

    await world.ledger.release_cohort(ref, work.attempt, None)

    assert (await world.ledger.reclaim_cohorts(include_queued=False)).waiting == 1


async def test_nothing_of_a_study_that_is_over_is_published_again(world: World) -> None:
    study_id = await world.running_study()
    await world.queued_cohort(study_id)
    await world.ledger.move_by_user(study_id, StudyVerb.CANCEL)

    assert (await world.ledger.reclaim_cohorts(include_queued=True)).cohorts == 0


async def test_the_best_trial_has_the_highest_score_then_the_fewest_parameters(
    world: World,
) -> None:
    study_id = await world.running_study()
    ref = await world.queued_cohort(study_id, (1, 2, 3, 4))
    await world.claimed(ref)
    ends = (
        an_end(1, 0.8),
        replace(an_end(2, 0.9), n_params=50),
        replace(an_end(3, 0.9), n_params=40),
        an_end(4, 0.99, state=TrialState.PRUNED),
    )
    await world.report(ref, 1, ReportBatch(1, ends=ends))

    best = (await world.ledger.get_study(study_id)).best

    assert best is not None
    assert best.number == 3
