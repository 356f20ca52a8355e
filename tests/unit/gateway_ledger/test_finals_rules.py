"""Which trials the ledger takes after the search, and who may begin what near a deadline."""

from __future__ import annotations

from dataclasses import replace

import pytest

from layerlab.domain.baseline import Baseline
from layerlab.domain.exchange import ClaimOutcome
from layerlab.domain.phases import kept_seconds
from layerlab.domain.problem import Conflict, InvalidInput
from layerlab.domain.spec import VerdictMode
from layerlab.domain.study import CohortRef, Proposal, Purpose
from services.gateway.ledger import StudyVerb
from tests.unit.gateway_ledger.world import World, a_design, a_spec, proposals

JUDGED = replace(a_spec(), verdict=VerdictMode.AUTO)
TIMED = replace(a_spec(None, time_seconds=100), verdict=VerdictMode.AUTO)


@pytest.mark.parametrize(
    ("purpose", "changes", "field"),
    [
        (Purpose.CONFIRM, {}, "repeat"),
        (Purpose.ABLATION, {}, "repeat"),
        (Purpose.ROWS, {"share": 0.5}, "repeat"),
        (Purpose.SEARCH, {"repeat": 1}, "repeat"),
        (Purpose.CONFIRM, {"repeat": 1, "share": 0.5}, "share"),
        (Purpose.ROWS, {"repeat": 1, "share": 0.0}, "share"),
        (Purpose.ROWS, {"repeat": 1, "share": 1.5}, "share"),
        (Purpose.BASELINE, {}, "baseline"),
        (Purpose.CONFIRM, {"repeat": 1, "baseline": Baseline.TREES}, "baseline"),
    ],
)
async def test_trials_on_rows_that_make_no_sense_are_refused(
    world: World, purpose: Purpose, changes: dict[str, object], field: str
) -> None:
    study_id = await world.running_study(JUDGED)
    proposal: Proposal = replace(Proposal(1, a_design(), 7), **changes)  # type: ignore[arg-type]  # Fields by their names.

    with pytest.raises(InvalidInput) as refusal:
        await world.ledger.register_cohort(CohortRef(study_id, "c1"), purpose, [proposal])
    assert (refusal.value.code, refusal.value.field) == ("invalid_cohort", field)


async def test_a_study_that_stops_trains_nothing_again(world: World) -> None:
    study_id = await world.running_study(JUDGED)
    await world.succeeded(study_id)
    await world.ledger.move_by_user(study_id, StudyVerb.STOP)

    again = [replace(each, repeat=1) for each in proposals((3,))]
    with pytest.raises(Conflict) as refusal:
        await world.ledger.register_cohort(CohortRef(study_id, "again"), Purpose.CONFIRM, again)
    assert refusal.value.code == "takes_no_trials"


async def test_baselines_end_the_search(world: World) -> None:
    study_id = await world.running_study(JUDGED)
    await world.succeeded(study_id)
    baseline = Proposal(3, a_design(), 7, baseline=Baseline.LINEAR)
    await world.ledger.register_cohort(CohortRef(study_id, "b"), Purpose.BASELINE, [baseline])

    with pytest.raises(Conflict) as refusal:
        await world.queued_cohort(study_id, (4,), "c4")
    assert refusal.value.code == "search_is_over"


async def test_a_search_is_cut_where_the_time_of_the_finals_begins(world: World) -> None:
    study_id = await world.running_study(TIMED)
    ref = await world.queued_cohort(study_id)

    left = (await world.claimed(ref)).seconds_left
    assert left == pytest.approx(100 - kept_seconds(TIMED, Purpose.SEARCH))


async def test_a_search_begins_nothing_in_the_time_of_the_finals(world: World) -> None:
    study_id = await world.running_study(TIMED)
    await world.succeeded(study_id)
    late = await world.queued_cohort(study_id, (3,), "c3")
    world.store.turn(100 - kept_seconds(TIMED, Purpose.SEARCH) - 0.5)

    assert (await world.ledger.claim_cohort(late, "w1", "i1")).outcome is ClaimOutcome.ENDED


async def test_as_long_as_nothing_has_succeeded_the_search_has_all_the_time(world: World) -> None:
    """A trainer that comes late, or a first cohort that has failed."""
    study_id = await world.running_study(TIMED)
    late = await world.queued_cohort(study_id)
    world.store.turn(80)

    left = (await world.claimed(late)).seconds_left
    assert left == pytest.approx(20 - TIMED.budget.test_seconds)


async def test_while_something_may_still_succeed_the_finals_keep_their_time(world: World) -> None:
    study_id = await world.running_study(TIMED)
    first = await world.queued_cohort(study_id)
    second = await world.queued_cohort(study_id, (3,), "c3")
    await world.claimed(first)
    world.store.turn(100 - kept_seconds(TIMED, Purpose.SEARCH) - 0.5)

    assert (await world.ledger.claim_cohort(second, "w2", "i2")).outcome is ClaimOutcome.ENDED
