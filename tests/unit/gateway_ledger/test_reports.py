"""Reports: recorded once, in order, for the current attempt only."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from layerlab.domain.event import EventType
from layerlab.domain.exchange import ReportAck, ReportBatch
from layerlab.domain.problem import Conflict, InvalidInput, NotFound
from layerlab.domain.study import CohortRef, EpochReport, Purpose, TestScore, TrialEnd
from layerlab.domain.trial import CohortState, FailureReason, TrialState
from services.gateway.ledger import CurvePoint, StudyVerb
from tests.unit.gateway_ledger.world import LEASE, World, an_end, an_epoch, collect, epochs


@pytest.fixture
async def ref(world: World) -> CohortRef:
    """A cohort of trials 1 and 2, claimed once."""
    ref = await world.queued_cohort(await world.running_study())
    await world.claimed(ref)
    return ref


async def test_a_batch_is_one_event_however_many_lanes_it_has(world: World, ref: CohortRef) -> None:
    before = await world.ledger.last_seq(ref.study_id)

    acks = await world.report(ref, 1, ReportBatch(1, epochs((1, 2))))

    assert acks == [ReportAck(1)]
    (event,) = await world.store.read_events(ref.study_id, before)
    assert event.type is EventType.EPOCHS_REPORTED
    assert event.subject == f"studies/{ref.study_id}/cohorts/c1"


async def test_what_is_acknowledged_is_durable(world: World, ref: CohortRef) -> None:
    await world.report(ref, 1, ReportBatch(1, epochs((1, 2)), (an_end(1),)))

    async with world.another_ledger() as other:
        trial, curve = await other.get_trial(ref.study_id, 1)
    assert trial.state is TrialState.SUCCEEDED
    assert curve == (CurvePoint(1, 1.0, 1.1, 0.5, 0.1),)


async def test_repeated_epochs_are_acknowledged_and_not_recorded_again(
    world: World, ref: CohortRef
) -> None:
    batch = ReportBatch(1, epochs((1, 2)))
    await world.report(ref, 1, batch)
    before = await world.events(ref.study_id)

    assert await world.report(ref, 1, batch) == [ReportAck(1)]

    assert await world.events(ref.study_id) == before


async def test_of_a_half_known_batch_only_the_rest_is_recorded(
    world: World, ref: CohortRef
) -> None:
    await world.report(ref, 1, ReportBatch(1, (an_epoch(1),)))

    await world.report(ref, 1, ReportBatch(2, (an_epoch(1), an_epoch(1, 2), an_epoch(2))))

    for number, count in ((1, 2), (2, 1)):
        _, curve = await world.ledger.get_trial(ref.study_id, number)
        assert [point.epoch for point in curve] == list(range(1, count + 1))


async def test_a_batch_may_hold_several_epochs_of_a_lane_in_any_order(
    world: World, ref: CohortRef
) -> None:
    await world.report(ref, 1, ReportBatch(1, (an_epoch(1, 2), an_epoch(1, 1))))

    trial, _ = await world.ledger.get_trial(ref.study_id, 1)
    assert trial.epochs == 2


async def test_a_gap_is_refused_and_nothing_of_its_batch_recorded(
    world: World, ref: CohortRef
) -> None:
    with pytest.raises(Conflict, match="epoch_gap"):
        await world.report(ref, 1, ReportBatch(1, (an_epoch(2), an_epoch(1, 2))))

    trial, curve = await world.ledger.get_trial(ref.study_id, 2)
    assert (trial.epochs, curve) == (0, ())


async def test_nothing_after_a_refused_batch_is_recorded(world: World, ref: CohortRef) -> None:
    acks: list[ReportAck] = []

    async def send() -> AsyncIterator[ReportBatch]:
        yield ReportBatch(1, (an_epoch(1, 1),))
        yield ReportBatch(2, (an_epoch(1, 3),))
        yield ReportBatch(3, ends=(an_end(1),))

    with pytest.raises(Conflict, match="epoch_gap"):
        await collect(world.ledger.report_cohort(ref, 1, send()), acks)

    assert acks == [ReportAck(1)]
    assert (await world.states(ref.study_id))[1] is TrialState.RUNNING


async def test_a_running_trial_shows_its_best_epoch_so_far(world: World, ref: CohortRef) -> None:
    scores = (0.5, 0.8, 0.7, None)
    reports = tuple(an_epoch(1, epoch, score) for epoch, score in enumerate(scores, start=1))
    await world.report(ref, 1, ReportBatch(1, reports))

    trial, _ = await world.ledger.get_trial(ref.study_id, 1)

    assert (trial.epochs, trial.best_epoch, trial.score_val) == (4, 2, 0.8)
    assert (await world.ledger.get_study(ref.study_id)).best is None


async def test_numbers_that_are_not_finite_are_recorded_as_absent(
    world: World, ref: CohortRef
) -> None:
    report = EpochReport(1, 1, math.nan, math.inf, -math.inf, 0.5)
    end = TrialEnd(
        1, TrialState.FAILED, FailureReason.NAN_LOSS, score_val=math.nan, val_loss=math.inf
    )
    await world.report(ref, 1, ReportBatch(1, (report,), (end,)))

    trial, curve = await world.ledger.get_trial(ref.study_id, 1)
    assert curve == (CurvePoint(1, None, None, None, 0.5),)
    assert (trial.reason, trial.score_val, trial.val_loss) == (FailureReason.NAN_LOSS, None, None)


async def test_the_first_end_of_a_trial_is_the_one_recorded(world: World, ref: CohortRef) -> None:
    await world.report(ref, 1, ReportBatch(1, ends=(an_end(1, 0.7), an_end(1, 0.8))))
    before = await world.events(ref.study_id)
    await world.report(ref, 1, ReportBatch(2, ends=(an_end(1, 0.9),)))

    trial, _ = await world.ledger.get_trial(ref.study_id, 1)
    assert trial.score_val == 0.7
    assert await world.events(ref.study_id) == before


async def test_an_end_keeps_all_that_its_trainer_said(world: World, ref: CohortRef) -> None:
    end = replace(an_end(2, 0.75, trained=3), has_model=True, detail="enough")
    await world.report(ref, 1, ReportBatch(1, ends=(end,)))

    trial, _ = await world.ledger.get_trial(ref.study_id, 2)
    for name in TrialEnd.__dataclass_fields__:
        assert getattr(trial, name) == getattr(end, name)
    assert trial.ended_at == world.store.time


async def test_what_is_no_end_is_refused(world: World, ref: CohortRef) -> None:
    with pytest.raises(Conflict, match="not_an_end"):
        await world.report(ref, 1, ReportBatch(1, ends=(TrialEnd(1, TrialState.QUEUED),)))


async def test_a_trial_of_another_cohort_is_refused(world: World, ref: CohortRef) -> None:
    with pytest.raises(Conflict, match="not_in_cohort"):
        await world.report(ref, 1, ReportBatch(1, (an_epoch(9),)))


async def test_lanes_that_have_ended_are_told_to_stop(world: World, ref: CohortRef) -> None:
    await world.report(ref, 1, ReportBatch(1, epochs((1, 2)), (an_end(1),)))

    (ack,) = await world.report(ref, 1, ReportBatch(2, epochs((1, 2), epoch=2)))

    assert ack.stop_trials == (1,)
    assert len((await world.ledger.get_trial(ref.study_id, 1))[1]) == 1


async def test_the_last_end_ends_the_cohort(world: World, ref: CohortRef) -> None:
    await world.report(ref, 1, ReportBatch(1, ends=(an_end(1),)))
    assert (await world.cohort(ref)).state is CohortState.RUNNING

    await world.report(ref, 1, ReportBatch(2, ends=(an_end(2),)))

    assert (await world.cohort(ref)).state is CohortState.ENDED


async def test_a_stale_attempt_is_told_so_and_changes_nothing(world: World, ref: CohortRef) -> None:
    await world.claimed(ref, "w1", "restarted")
    before = await world.events(ref.study_id)

    acks = await world.report(
        ref, 1, ReportBatch(5, epochs((1, 2))), ReportBatch(6, ends=(an_end(1),))
    )

    assert acks[-1].stale
    assert await world.events(ref.study_id) == before


async def test_a_zombie_whose_cohort_was_taken_back_is_stale(world: World, ref: CohortRef) -> None:
    world.store.turn(LEASE + 1)
    await world.ledger.reclaim_cohorts(include_queued=False)

    (ack,) = await world.report(ref, 1, ReportBatch(1, epochs((1, 2))))

    assert ack.stale
    assert set((await world.states(ref.study_id)).values()) == {TrialState.PENDING}


async def test_the_last_report_sent_again_after_a_lost_acknowledgement_is_harmless(
    world: World, ref: CohortRef
) -> None:
    last = ReportBatch(1, epochs((1, 2)), (an_end(1), an_end(2)))
    await world.report(ref, 1, last)
    before = await world.events(ref.study_id)

    assert await world.report(ref, 1, last) == [ReportAck(1, stale=True)]
    assert await world.events(ref.study_id) == before


async def test_a_cancelled_study_tells_its_trainers(world: World, ref: CohortRef) -> None:
    await world.ledger.move_by_user(ref.study_id, StudyVerb.CANCEL)

    assert await world.report(ref, 1, ReportBatch(3, epochs((1, 2)))) == [
        ReportAck(3, cancelled=True)
    ]
    assert set((await world.states(ref.study_id)).values()) == {TrialState.CANCELLED}


async def test_a_trainer_learns_of_a_cancellation_in_the_middle_of_its_stream(
    world: World, ref: CohortRef
) -> None:
    cancelled = asyncio.Event()
    acks: list[ReportAck] = []

    async def send() -> AsyncIterator[ReportBatch]:
        yield ReportBatch(1, (an_epoch(1),))
        await cancelled.wait()
        yield ReportBatch(2, (an_epoch(1, 2),))
        await asyncio.Event().wait()

    async for ack in world.ledger.report_cohort(ref, 1, send()):
        acks.append(ack)
        await world.ledger.move_by_user(ref.study_id, StudyVerb.CANCEL)
        cancelled.set()

    assert acks == [ReportAck(1), ReportAck(2, cancelled=True)]


async def test_many_batches_are_written_together_and_acknowledged_in_order(
    world: World, ref: CohortRef
) -> None:
    batches = [ReportBatch(epoch, (an_epoch(1, epoch),)) for epoch in range(1, 1201)]

    acks = await world.report(ref, 1, *batches)

    numbers = [ack.acknowledged for ack in acks]
    assert numbers == sorted(numbers)
    assert numbers[-1] == 1200
    assert len(numbers) < 1200
    _, curve = await world.ledger.get_trial(ref.study_id, 1)
    assert [point.epoch for point in curve] == list(range(1, 1201))


async def test_trouble_on_the_senders_side_is_raised_after_the_acknowledgements(
    world: World, ref: CohortRef
) -> None:
    acks: list[ReportAck] = []

    async def send() -> AsyncIterator[ReportBatch]:
        yield ReportBatch(1, (an_epoch(1),))
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await collect(world.ledger.report_cohort(ref, 1, send()), acks)

    assert acks == [ReportAck(1)]


async def test_a_reader_that_leaves_stops_the_sender(world: World, ref: CohortRef) -> None:
    stopped = asyncio.Event()

    async def send() -> AsyncIterator[ReportBatch]:
        try:
            yield ReportBatch(1, (an_epoch(1),))
            await asyncio.Event().wait()
        finally:
            stopped.set()

    acks = world.ledger.report_cohort(ref, 1, send())
    assert await anext(acks) == ReportAck(1)
    await acks.aclose()  # type: ignore[attr-defined]  # It is a generator.

    assert stopped.is_set()


async def test_a_test_score_is_recorded_once(world: World) -> None:
    study_id = await world.running_study()
    await world.succeeded(study_id, (1, 2))
    ref = CohortRef(study_id, "final")
    await world.ledger.register_cohort(ref, Purpose.TEST, finalists=(1, 2))
    await world.claimed(ref)

    await world.report(ref, 1, ReportBatch(1, test_scores=(TestScore(1, 0.8), TestScore(1, 0.9))))
    await world.report(ref, 1, ReportBatch(2, test_scores=(TestScore(1, 0.7),)))
    assert (await world.cohort(ref)).state is CohortState.RUNNING
    await world.report(ref, 1, ReportBatch(3, test_scores=(TestScore(2, 0.6),)))

    assert (await world.cohort(ref)).state is CohortState.ENDED
    view = await world.ledger.get_study(study_id)
    assert view.best is not None
    assert (view.best.number, view.best.score_test) == (2, 0.6)
    assert (await world.ledger.get_trial(study_id, 1))[0].score_test == 0.8


async def test_only_a_test_cohort_reports_test_scores(world: World, ref: CohortRef) -> None:
    with pytest.raises(Conflict, match="not_a_test"):
        await world.report(ref, 1, ReportBatch(1, test_scores=(TestScore(1, 0.8),)))


async def test_a_test_score_is_finite(world: World) -> None:
    study_id = await world.running_study()
    await world.succeeded(study_id, (1,))
    ref = CohortRef(study_id, "final")
    await world.ledger.register_cohort(ref, Purpose.TEST, finalists=(1,))
    await world.claimed(ref)

    with pytest.raises(InvalidInput, match="not_finite"):
        await world.report(ref, 1, ReportBatch(1, test_scores=(TestScore(1, math.nan),)))


async def test_reports_of_what_was_never_registered_are_refused(world: World) -> None:
    study_id = await world.running_study()

    with pytest.raises(NotFound, match="unknown_cohort"):
        await world.report(CohortRef(study_id, "c9"), 1, ReportBatch(1))


async def test_a_model_comes_back_for_the_attempt_that_the_trial_ended_in(world: World) -> None:
    study_id = await world.running_study()
    ref = await world.queued_cohort(study_id, (1,))
    await world.claimed(ref, "w1", "before")
    await world.ledger.upload_model(study_id, 1, 1, b"first")
    await world.claimed(ref, "w1", "after")
    await world.ledger.upload_model(study_id, 1, 2, b"second")
    await world.ledger.upload_model(study_id, 1, 1, b"a zombie's")
    with pytest.raises(NotFound, match="no_model"):
        await world.ledger.download_model(study_id, 1)

    await world.report(ref, 2, ReportBatch(1, ends=(replace(an_end(1), has_model=True),)))

    assert await world.ledger.download_model(study_id, 1) == b"second"


async def test_models_belong_to_trials_that_exist(world: World) -> None:
    study_id = await world.running_study()

    with pytest.raises(NotFound, match="unknown_trial"):
        await world.ledger.upload_model(study_id, 7, 1, b"")
    with pytest.raises(NotFound, match="unknown_study"):
        await world.ledger.download_model("../../etc", 7)
