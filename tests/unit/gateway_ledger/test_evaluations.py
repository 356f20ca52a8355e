"""Evaluations in the ledger: kept before they are told of, recorded once, found again."""

from __future__ import annotations

import pytest

from layerlab.domain.dataset import Task
from layerlab.domain.evaluation import EvaluatedRows, EvaluatedTrial, Evaluation, RocCurve
from layerlab.domain.event import EventType
from layerlab.domain.exchange import ReportBatch
from layerlab.domain.problem import Conflict, NotFound
from layerlab.domain.study import CohortRef
from layerlab.ports import Snapshot
from services.gateway.ledger.fold import fold
from services.gateway.ledger.snapshot import restore_snapshot, take_snapshot
from tests.unit.gateway_ledger.world import World, an_end, epochs

VALIDATION = EvaluatedRows.VALIDATION
CURVE = RocCurve("b", 0.75, (0.0, 0.5, 1.0), (0.0, 1.0, 1.0))
FOUND = Evaluation(VALIDATION, Task.CLASSIFICATION, 4, ("a", "b"), 0, ((2, 0), (1, 1)), (CURVE,))
TOLD = EvaluatedTrial(1, VALIDATION)


@pytest.fixture
async def ref(world: World) -> CohortRef:
    """A cohort of trials 1 and 2, claimed once."""
    ref = await world.queued_cohort(await world.running_study())
    await world.claimed(ref)
    return ref


async def evaluated(world: World, ref: CohortRef) -> None:
    await world.ledger.upload_evaluation(ref, 1, 1, FOUND)
    batch = ReportBatch(1, epochs((1,)), (an_end(1),), evaluated=(TOLD, TOLD))
    await world.report(ref, 1, batch)


async def test_what_was_evaluated_outlives_the_gateway(world: World, ref: CohortRef) -> None:
    await evaluated(world, ref)
    async with world.another_ledger() as other:
        assert await other.find_evaluation(ref.study_id, 1, (VALIDATION,)) == FOUND


async def test_it_is_recorded_once_before_the_trials_end(world: World, ref: CohortRef) -> None:
    await evaluated(world, ref)
    await world.report(ref, 1, ReportBatch(2, evaluated=(TOLD,)))
    events = await world.events(ref.study_id)
    (event,) = (each for each in events if each.type is EventType.TRIAL_EVALUATED)
    assert event.subject == f"studies/{ref.study_id}/trials/1"
    assert event.data == {"number": 1, "rows": "validation", "attempt": 1}
    assert events[event.seq].type is EventType.TRIAL_STATE_CHANGED


async def test_an_upload_alone_is_no_evaluation(world: World, ref: CohortRef) -> None:
    await world.ledger.upload_evaluation(ref, 1, 1, FOUND)
    assert await world.ledger.find_evaluation(ref.study_id, 1, (VALIDATION,)) is None


async def test_rows_are_found_in_the_order_of_the_wish(world: World, ref: CohortRef) -> None:
    await evaluated(world, ref)
    find = world.ledger.find_evaluation
    assert await find(ref.study_id, 1, (EvaluatedRows.TEST,)) is None
    assert await find(ref.study_id, 1, (EvaluatedRows.TEST, VALIDATION)) == FOUND
    with pytest.raises(NotFound, match="trial 9"):
        await find(ref.study_id, 9, (VALIDATION,))


async def test_what_a_stale_attempt_uploads_is_dropped(world: World, ref: CohortRef) -> None:
    await world.ledger.upload_evaluation(ref, 7, 1, FOUND)
    assert await world.models.list_names("evaluations/") == []


async def test_a_trial_of_another_cohort_is_not_evaluated(world: World, ref: CohortRef) -> None:
    with pytest.raises(Conflict, match="not in cohort"):
        await world.report(ref, 1, ReportBatch(1, evaluated=(EvaluatedTrial(9, VALIDATION),)))


async def test_a_snapshot_knows_them_and_an_older_one_is_read_all_the_same(
    world: World, ref: CohortRef
) -> None:
    await evaluated(world, ref)
    record = fold(ref.study_id, await world.events(ref.study_id))
    snapshot = take_snapshot(record)
    restored = restore_snapshot(snapshot)
    assert restored is not None
    assert restored.evaluations == record.evaluations != {}
    older = restore_snapshot(
        Snapshot(snapshot.seq, snapshot.body.replace('"evaluations"', '"unknown"'))
    )
    assert older is not None
    assert older.evaluations == {}
