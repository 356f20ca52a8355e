"""What a cohort's training took, as its trainer reports it with the last ends."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from layerlab.domain.cohort_stats import CohortStats
from layerlab.domain.exchange import ReportBatch
from layerlab.domain.problem import InvalidInput
from layerlab.domain.study import CohortRef
from layerlab.domain.table_shape import TableShape
from layerlab.domain.trial import CohortState
from services.gateway.ledger.cohort_documents import cohort_to_json
from services.gateway.ledger.fold import fold
from services.gateway.ledger.snapshot import restore_snapshot, take_snapshot
from tests.unit.gateway_ledger.world import World, an_end

STATS = CohortStats(
    lanes=2,
    groups=1,
    padding_share=0.25,
    predicted_bytes=3_000_000,
    peak_bytes=2_500_000,
    train_seconds=0.5,
    flops=4e9,
)


async def end_with(world: World, stats: CohortStats | None) -> CohortRef:
    ref = await world.queued_cohort(await world.running_study())
    await world.claimed(ref)
    await world.report(ref, 1, ReportBatch(1, (), (an_end(1), an_end(2)), stats=stats))
    return ref


async def test_statistics_come_with_the_end_of_a_cohort_and_stay(world: World) -> None:
    ref = await end_with(world, STATS)

    async with world.another_ledger() as other:
        (cohort,) = (await other.list_cohorts(ref.study_id, 100, "")).cohorts
    assert cohort.state is CohortState.ENDED
    assert cohort.stats == STATS


async def test_a_cohort_shows_how_fast_it_was(world: World) -> None:
    ref = await end_with(world, STATS)

    (cohort,) = (await world.ledger.list_cohorts(ref.study_id, 100, "")).cohorts
    stats = cohort_to_json(cohort)["stats"]
    assert isinstance(stats, dict)
    assert stats["flops_per_second"] == 8e9


async def test_a_trainer_that_reports_no_statistics_ends_its_cohort_all_the_same(
    world: World,
) -> None:
    ref = await end_with(world, None)

    (cohort,) = (await world.ledger.list_cohorts(ref.study_id, 100, "")).cohorts
    assert cohort.state is CohortState.ENDED
    assert cohort_to_json(cohort)["stats"] is None


async def test_statistics_that_are_no_numbers_are_refused(world: World) -> None:
    with pytest.raises(InvalidInput) as refused:
        await end_with(world, replace(STATS, flops=math.inf))
    assert refused.value.code == "not_finite"


async def test_a_snapshot_keeps_statistics_and_the_tables_shape(world: World) -> None:
    ref = await end_with(world, STATS)
    record = fold(ref.study_id, await world.events(ref.study_id))
    record.put_study(replace(record.study, table=TableShape(640, 160, 4, 3)))

    restored = restore_snapshot(take_snapshot(record))

    assert restored is not None
    assert restored.study.table == TableShape(640, 160, 4, 3)
    assert restored.cohorts == record.cohorts


async def test_cohorts_come_page_by_page_in_the_order_of_registration(world: World) -> None:
    study_id = await world.running_study()
    for index in range(5):
        await world.queued_cohort(study_id, (2 * index + 1, 2 * index + 2), f"c{index:04}")

    seen, token = [], ""
    while True:
        page = await world.ledger.list_cohorts(study_id, 2, token)
        seen += [cohort.numbers[0] for cohort in page.cohorts]
        token = page.next_page_token
        assert page.total_size == 5
        if not token:
            break
    assert seen == [1, 3, 5, 7, 9]


@pytest.mark.parametrize("token", ["nonsense", "WzFd"])
async def test_a_forged_page_token_is_refused(world: World, token: str) -> None:
    study_id = await world.running_study()
    with pytest.raises(InvalidInput) as refused:
        await world.ledger.list_cohorts(study_id, 2, token)
    assert refused.value.code == "invalid_page_token"
