"""Claims, leases, attempts: who trains a cohort, and how often."""

from __future__ import annotations

from dataclasses import replace

import pytest

from layerlab.domain.exchange import ClaimOutcome, ReportBatch
from layerlab.domain.problem import NotFound
from layerlab.domain.study import (
    MAX_ATTEMPTS,
    MAX_LOST_WORKERS,
    CohortRef,
    Purpose,
    Standing,
    TestScore,
)
from layerlab.domain.trial import CohortState, FailureReason, StudyState, TrialState
from layerlab.domain.worker import HeldCohort
from services.gateway.ledger import StudyVerb
from tests.unit.gateway_ledger.world import (
    LEASE,
    World,
    a_spec,
    a_worker,
    an_end,
    assignment,
    epochs,
    proposals,
)


async def test_a_claim_counts_the_attempt_and_starts_the_trials(world: World) -> None:
    study_id = await world.running_study()
    ref = await world.queued_cohort(study_id, (1, 2))

    work = await world.claimed(ref)

    assert work.attempt == 1
    assert work.lease_seconds == LEASE
    assert [lane.number for lane in work.lanes] == [1, 2]
    assert work.lanes[0].seed == 1001
    assert await world.states(study_id) == {1: TrialState.RUNNING, 2: TrialState.RUNNING}
    trial, _ = await world.ledger.get_trial(study_id, 2)
    assert (trial.attempt, trial.worker_id, trial.cohort_id) == (1, "w1", "c1")


async def test_a_cohort_may_be_claimed_before_the_scheduler_has_marked_it(world: World) -> None:
    study_id = await world.running_study()
    ref = CohortRef(study_id, "c1")
    await world.ledger.register_cohort(ref, Purpose.SEARCH, proposals((1, 2)))
    assert await world.states(study_id) == {1: TrialState.PENDING, 2: TrialState.PENDING}
    await world.claimed(ref)

    await world.ledger.mark_cohort_queued(ref)

    assert (await world.cohort(ref)).state is CohortState.RUNNING


async def test_what_waits_when_a_study_is_stopped_is_not_trained_any_more(world: World) -> None:
    study_id = await world.running_study()
    running = await world.queued_cohort(study_id, (1,), "c1")
    waiting = await world.queued_cohort(study_id, (2,), "c2")
    await world.claimed(running)
    await world.ledger.move_by_user(study_id, StudyVerb.STOP)

    refused = await world.ledger.claim_cohort(waiting, "w2", "i2")
    again = await world.ledger.claim_cohort(running, "w1", "after a crash")

    assert (refused.outcome, again.outcome) == (ClaimOutcome.ENDED, ClaimOutcome.CLAIMED)


async def test_another_worker_waits_while_the_lease_lives(world: World) -> None:
    ref = await world.queued_cohort(await world.running_study())
    await world.claimed(ref, "w1")
    world.store.turn(5)

    claim = await world.ledger.claim_cohort(ref, "w2", "i2")

    assert claim.outcome is ClaimOutcome.BUSY
    assert claim.retry_after_seconds == 1.0


async def test_a_heartbeat_for_the_attempt_renews_the_lease(world: World) -> None:
    ref = await world.queued_cohort(await world.running_study())
    work = await world.claimed(ref, "w1")
    world.store.turn(10)
    assert await world.heartbeat(a_worker(ref, work.attempt)) == LEASE / 3
    world.store.turn(10)

    assert (await world.ledger.claim_cohort(ref, "w2", "i2")).outcome is ClaimOutcome.BUSY
    assert (await world.ledger.reclaim_cohorts(include_queued=False)).cohorts == 0


async def test_a_heartbeat_renews_the_leases_of_all_that_its_worker_holds(world: World) -> None:
    study_id = await world.running_study()
    trained = await world.queued_cohort(study_id, (1, 2), "c1")
    fetched = await world.queued_cohort(study_id, (3, 4), "c2")
    for ref in (trained, fetched):
        await world.claimed(ref, "w1")
    world.store.turn(10)
    held = (HeldCohort(study_id, fetched.cohort_id, 1),)
    await world.heartbeat(replace(a_worker(trained, 1), also_holds=held))
    world.store.turn(10)

    assert (await world.ledger.claim_cohort(fetched, "w2", "i2")).outcome is ClaimOutcome.BUSY
    assert (await world.ledger.reclaim_cohorts(include_queued=False)).cohorts == 0

    # The next report names the first alone.
    await world.heartbeat(a_worker(trained, 1))
    world.store.turn(10)
    assert (await world.ledger.claim_cohort(trained, "w2", "i2")).outcome is ClaimOutcome.BUSY
    assert (await world.ledger.claim_cohort(fetched, "w2", "i2")).outcome is ClaimOutcome.CLAIMED


async def test_a_heartbeat_for_other_work_renews_nothing(world: World) -> None:
    ref = await world.queued_cohort(await world.running_study())
    work = await world.claimed(ref, "w1")
    world.store.turn(10)
    await world.heartbeat(a_worker(CohortRef(ref.study_id, "c9"), work.attempt))
    world.store.turn(10)

    assert assignment(await world.ledger.claim_cohort(ref, "w2", "i2")).attempt == 2


async def test_a_restarted_worker_takes_its_cohort_over_at_once(world: World) -> None:
    ref = await world.queued_cohort(await world.running_study())
    await world.claimed(ref, "w1", "before")

    assert (await world.claimed(ref, "w1", "after")).attempt == 2


async def test_a_restarted_worker_holds_its_claim_before_its_first_heartbeat(
    world: World,
) -> None:
    ref = await world.queued_cohort(await world.running_study())
    work = await world.claimed(ref, "w1", "before")
    await world.heartbeat(a_worker(ref, work.attempt, "w1", "before"))
    world.store.turn(1)
    await world.claimed(ref, "w1", "after")

    assert (await world.ledger.claim_cohort(ref, "w2", "i2")).outcome is ClaimOutcome.BUSY


async def test_what_a_restarted_worker_had_is_reclaimed_at_once(world: World) -> None:
    study_id = await world.running_study()
    ref = await world.queued_cohort(study_id)
    await world.claimed(ref, "w1", "before")
    world.store.turn(1)
    await world.heartbeat(a_worker(CohortRef("", ""), 0, "w1", "after"))

    assert (await world.ledger.reclaim_cohorts(include_queued=False)).cohorts == 1
    assert await world.states(study_id) == {1: TrialState.PENDING, 2: TrialState.PENDING}


async def test_an_expired_lease_is_reclaimed_and_a_new_attempt_starts_over(world: World) -> None:
    study_id = await world.running_study()
    ref = await world.queued_cohort(study_id)
    await world.claimed(ref)
    await world.report(ref, 1, ReportBatch(1, epochs((1, 2))))
    world.store.turn(LEASE + 1)

    assert (await world.ledger.reclaim_cohorts(include_queued=False)).cohorts == 1
    assert (await world.cohort(ref)).state is CohortState.PENDING

    await world.ledger.mark_cohort_queued(ref)
    assert (await world.claimed(ref, "w2")).attempt == 2
    trial, curve = await world.ledger.get_trial(study_id, 1)
    assert (trial.epochs, trial.score_val, curve) == (0, None, ())


async def test_leases_count_from_the_start_of_a_ledger_that_was_away(world: World) -> None:
    ref = await world.queued_cohort(await world.running_study())
    await world.claimed(ref)
    world.store.turn(100)

    async with world.another_ledger() as restarted:
        assert (await restarted.reclaim_cohorts(include_queued=False)).cohorts == 0
        world.store.turn(LEASE + 1)
        assert (await restarted.reclaim_cohorts(include_queued=False)).cohorts == 1


async def test_a_repeated_claim_of_one_incarnation_counts_no_lost_worker(world: World) -> None:
    study_id = await world.running_study()
    ref = await world.queued_cohort(study_id)

    for _ in range(MAX_LOST_WORKERS + 2):
        work = await world.claimed(ref, "w1", "i1")

    assert work.attempt == MAX_LOST_WORKERS + 2
    assert set((await world.states(study_id)).values()) == {TrialState.RUNNING}


async def test_what_was_taken_back_is_claimed_before_it_is_published(world: World) -> None:
    study_id = await world.running_study()
    ref = await world.queued_cohort(study_id)
    await world.claimed(ref)
    world.store.turn(LEASE + 1)
    await world.ledger.reclaim_cohorts(include_queued=False)

    # By an old message, say.
    assert (await world.claimed(ref, "w2")).attempt == 2
    assert set((await world.states(study_id)).values()) == {TrialState.RUNNING}


async def test_trials_that_lose_too_many_workers_fail(world: World) -> None:
    study_id = await world.running_study()
    ref = await world.queued_cohort(study_id)
    for lost in range(MAX_LOST_WORKERS):
        await world.claimed(ref, f"w{lost}")
        world.store.turn(LEASE + 1)
        assert set((await world.states(study_id)).values()) == {TrialState.RUNNING}
        await world.ledger.reclaim_cohorts(include_queued=False)

    trial, _ = await world.ledger.get_trial(study_id, 1)
    assert (trial.state, trial.reason) == (TrialState.FAILED, FailureReason.WORKER_LOST)
    assert (await world.ledger.claim_cohort(ref, "w", "i")).outcome is ClaimOutcome.ENDED


async def test_a_cohort_that_has_trained_since_is_not_to_blame_for_its_lost_workers(
    world: World,
) -> None:
    study_id = await world.running_study()
    ref = await world.queued_cohort(study_id)
    for lost in range(3 * MAX_LOST_WORKERS):
        work = await world.claimed(ref, "w1", f"i{lost}")
        if lost % (MAX_LOST_WORKERS - 1) == 0:
            await world.report(ref, work.attempt, ReportBatch(1, epochs((1,))))

    assert set((await world.states(study_id)).values()) == {TrialState.RUNNING}


async def test_workers_lost_between_claims_count_too(world: World) -> None:
    study_id = await world.running_study()
    ref = await world.queued_cohort(study_id)
    for run in range(MAX_LOST_WORKERS):
        await world.claimed(ref, "w1", f"i{run}")

    claim = await world.ledger.claim_cohort(ref, "w1", "the next")

    assert claim.outcome is ClaimOutcome.ENDED
    assert set((await world.states(study_id)).values()) == {TrialState.FAILED}


async def test_three_failed_children_fail_the_trials_with_the_last_reason(world: World) -> None:
    study_id = await world.running_study()
    ref = await world.queued_cohort(study_id)
    for attempt in range(1, MAX_ATTEMPTS + 1):
        await world.claimed(ref)
        requeue = await world.ledger.release_cohort(
            ref, attempt, FailureReason.OUT_OF_MEMORY, "killed"
        )
        assert requeue is (attempt < MAX_ATTEMPTS)

    trial, _ = await world.ledger.get_trial(study_id, 2)
    assert (trial.state, trial.reason) == (TrialState.FAILED, FailureReason.OUT_OF_MEMORY)
    assert trial.detail == "killed"
    assert (await world.cohort(ref)).state is CohortState.ENDED


async def test_handing_back_in_good_order_is_no_failure(world: World) -> None:
    ref = await world.queued_cohort(await world.running_study())
    for attempt in range(1, MAX_ATTEMPTS + 3):
        assert (await world.claimed(ref)).attempt == attempt
        assert await world.ledger.release_cohort(ref, attempt, None)


async def test_a_repeated_release_is_answered_as_the_first(world: World) -> None:
    study_id = await world.running_study()
    ref = await world.queued_cohort(study_id)
    await world.claimed(ref)

    assert await world.ledger.release_cohort(ref, 1, FailureReason.INTERNAL)
    before = await world.events(study_id)
    assert await world.ledger.release_cohort(ref, 1, FailureReason.INTERNAL)
    assert await world.events(study_id) == before


async def test_a_stale_attempt_can_release_nothing(world: World) -> None:
    ref = await world.queued_cohort(await world.running_study())
    await world.claimed(ref, "w1", "before")
    await world.claimed(ref, "w1", "after")

    assert not await world.ledger.release_cohort(ref, 1, FailureReason.INTERNAL)
    assert (await world.cohort(ref)).state is CohortState.RUNNING


async def test_only_lanes_that_have_not_ended_are_trained_again(world: World) -> None:
    study_id = await world.running_study()
    ref = await world.queued_cohort(study_id, (1, 2, 3))
    await world.claimed(ref)
    await world.report(ref, 1, ReportBatch(1, epochs((1, 2, 3)), (an_end(2),)))
    await world.ledger.release_cohort(ref, 1, None)

    work = await world.claimed(ref)

    assert [lane.number for lane in work.lanes] == [1, 3]
    assert work.best == Standing(0.9, 102, 2)
    assert (await world.states(study_id))[2] is TrialState.SUCCEEDED


async def test_a_cohort_that_has_ended_is_not_trained_again(world: World) -> None:
    ref = await world.succeeded(await world.running_study())

    assert (await world.ledger.claim_cohort(ref, "w2", "i2")).outcome is ClaimOutcome.ENDED


async def test_nothing_of_a_study_that_is_over_is_claimed(world: World) -> None:
    study_id = await world.running_study()
    ref = await world.queued_cohort(study_id)
    await world.ledger.move_by_user(study_id, StudyVerb.CANCEL)

    assert (await world.ledger.claim_cohort(ref, "w1", "i1")).outcome is ClaimOutcome.ENDED


async def test_what_is_queued_waits_while_its_study_is_suspended(world: World) -> None:
    study_id = await world.running_study()
    ref = await world.queued_cohort(study_id)
    await world.ledger.move_by_user(study_id, StudyVerb.SUSPEND)

    assert (await world.ledger.claim_cohort(ref, "w1", "i1")).outcome is ClaimOutcome.ENDED
    assert set((await world.states(study_id)).values()) == {TrialState.PENDING}
    world.store.turn(10)
    assert (await world.ledger.reclaim_cohorts(include_queued=True)).cohorts == 0

    await world.ledger.move_by_user(study_id, StudyVerb.RESUME)
    await world.ledger.mark_cohort_queued(ref)
    assert (await world.claimed(ref)).attempt == 1


async def test_what_was_claimed_before_its_mark_is_not_called_queued_while_suspended(
    world: World,
) -> None:
    study_id = await world.running_study()
    ref = CohortRef(study_id, "c1")
    await world.ledger.register_cohort(ref, Purpose.SEARCH, proposals((1, 2)))
    await world.ledger.move_by_user(study_id, StudyVerb.SUSPEND)
    assert (await world.ledger.claim_cohort(ref, "w1", "i1")).outcome is ClaimOutcome.ENDED
    await world.ledger.mark_cohort_queued(ref)
    assert set((await world.states(study_id)).values()) == {TrialState.PENDING}


async def test_what_runs_goes_on_while_its_study_is_suspended(world: World) -> None:
    study_id = await world.running_study()
    ref = await world.queued_cohort(study_id)
    attempt = (await world.claimed(ref)).attempt
    await world.ledger.move_by_user(study_id, StudyVerb.SUSPEND)

    await world.report(ref, attempt, ReportBatch(1, epochs((1, 2)), (an_end(1), an_end(2))))
    assert set((await world.states(study_id)).values()) == {TrialState.SUCCEEDED}


@pytest.mark.parametrize(
    ("budget", "passed", "left"),
    [(2, 0, 1.9), (40, 0, 39.5), (40, 35, 4.5), (600, 0, 594), (600, 590, 4)],
)
async def test_an_assignment_says_what_is_left_of_the_time_budget_before_the_test(
    world: World, budget: float, passed: float, left: float
) -> None:
    ref = await world.queued_cohort(await world.running_study(a_spec(time_seconds=budget)))
    world.store.turn(passed)

    assert (await world.claimed(ref)).seconds_left == pytest.approx(left)


@pytest.mark.parametrize(("budget", "passed"), [(60, 58.7), (60, 70), (2, 1.85)])
async def test_nothing_starts_to_train_just_before_the_time_budget_ends(
    world: World, budget: float, passed: float
) -> None:
    ref = await world.queued_cohort(await world.running_study(a_spec(time_seconds=budget)))
    world.store.turn(passed)

    assert (await world.ledger.claim_cohort(ref, "w1", "i1")).outcome is ClaimOutcome.ENDED


async def test_nothing_starts_to_train_once_the_finalists_are_tested(world: World) -> None:
    study_id = await world.running_study()
    late = await world.queued_cohort(study_id, (3, 4), "c2")
    await world.succeeded(study_id, (1, 2))
    test = CohortRef(study_id, "final")
    await world.ledger.register_cohort(test, Purpose.TEST, finalists=(1,))

    assert (await world.ledger.claim_cohort(late, "w1", "i1")).outcome is ClaimOutcome.ENDED
    assert (await world.claimed(test)).purpose is Purpose.TEST


async def test_a_claim_of_what_was_never_registered_is_nonsense(world: World) -> None:
    study_id = await world.running_study()

    with pytest.raises(NotFound, match="unknown_cohort"):
        await world.ledger.claim_cohort(CohortRef(study_id, "c9"), "w1", "i1")
    with pytest.raises(NotFound, match="unknown_study"):
        await world.ledger.claim_cohort(CohortRef("nothing", "c9"), "w1", "i1")


async def test_a_test_cohort_moves_no_trial_and_hands_out_what_is_untested(world: World) -> None:
    study_id = await world.running_study()
    await world.succeeded(study_id, (1, 2))
    ref = CohortRef(study_id, "final")
    await world.ledger.register_cohort(ref, Purpose.TEST, finalists=(1, 2))
    work = await world.claimed(ref)
    assert work.purpose is Purpose.TEST
    await world.report(ref, 1, ReportBatch(1, test_scores=(TestScore(2, 0.8),)))
    await world.ledger.release_cohort(ref, 1, None)

    again = await world.claimed(ref)

    assert [lane.number for lane in again.lanes] == [1]
    assert set((await world.states(study_id)).values()) == {TrialState.SUCCEEDED}


async def test_a_failing_test_ends_its_cohort_and_spares_the_finalists(world: World) -> None:
    study_id = await world.running_study()
    await world.succeeded(study_id, (1,))
    ref = CohortRef(study_id, "final")
    await world.ledger.register_cohort(ref, Purpose.TEST, finalists=(1,))
    for attempt in range(1, MAX_ATTEMPTS + 1):
        await world.claimed(ref)
        await world.ledger.release_cohort(ref, attempt, FailureReason.INTERNAL)

    assert (await world.cohort(ref)).state is CohortState.ENDED
    assert await world.states(study_id) == {1: TrialState.SUCCEEDED}
    # No score was recorded, so that another test is still the first.
    other = replace(ref, cohort_id="final-2")
    await world.ledger.register_cohort(other, Purpose.TEST, finalists=(1,))
    await world.ledger.move_study(study_id, StudyState.SUCCEEDED)
