"""A cohort's rungs: recorded once, and the same for every attempt, every ledger, every reader."""

from __future__ import annotations

from dataclasses import replace

import pytest

from layerlab.domain.event import EventType
from layerlab.domain.exchange import ReportBatch
from layerlab.domain.halving import Halving, Rung
from layerlab.domain.problem import InvalidInput
from layerlab.domain.study import CohortRef, Purpose, TrialEnd
from layerlab.domain.trial import FailureReason, StopReason, TrialState
from services.gateway.ledger.doc import Doc
from services.gateway.ledger.fold import fold
from services.gateway.ledger.snapshot import restore_snapshot, take_snapshot
from services.gateway.ledger.spec_documents import spec_from_json, spec_to_json
from tests.unit.gateway_ledger.world import World, a_spec, assignment, epochs, proposals

RUNGS = (Rung(1, 8), Rung(3, 2))


async def registered(world: World, rungs: tuple[Rung, ...] = RUNGS) -> CohortRef:
    study_id = await world.running_study()
    ref = CohortRef(study_id, "c1")
    await world.ledger.register_cohort(ref, Purpose.SEARCH, proposals((1, 2, 3)), rungs=rungs)
    return ref


async def test_every_attempt_gets_the_rungs_that_were_registered_first(world: World) -> None:
    ref = await registered(world)
    again = await world.ledger.register_cohort(ref, Purpose.SEARCH, rungs=(Rung(7, 7),))
    assert again.cohort.rungs == RUNGS

    first = await world.claimed(ref)
    await world.ledger.release_cohort(ref, first.attempt, FailureReason.INTERNAL)
    second = await world.claimed(ref)

    assert (first.rungs, second.rungs) == (RUNGS, RUNGS)
    assert second.attempt == first.attempt + 1


async def test_another_ledger_and_a_snapshot_know_them_too(world: World) -> None:
    ref = await registered(world)
    async with world.another_ledger() as other:
        claim = await other.claim_cohort(ref, "w1", "i1")
    assert assignment(claim).rungs == RUNGS

    record = fold(ref.study_id, await world.events(ref.study_id))
    restored = restore_snapshot(take_snapshot(record))
    assert restored is not None
    assert restored.cohorts["c1"].cohort.rungs == RUNGS


@pytest.mark.parametrize(
    "rungs", [(Rung(0, 2),), (Rung(1, 0),), (Rung(2, 4), Rung(2, 2)), (Rung(1, 2), Rung(2, 2))]
)
async def test_rungs_that_do_not_climb_are_refused(world: World, rungs: tuple[Rung, ...]) -> None:
    with pytest.raises(InvalidInput, match="invalid_cohort") as refused:
        await registered(world, rungs)
    assert refused.value.field == "rungs"


async def test_a_log_from_before_there_were_rungs_is_still_read(world: World) -> None:
    ref = await registered(world)
    old = [
        replace(event, data={k: v for k, v in event.data.items() if k not in ("rungs", "halving")})
        for event in await world.events(ref.study_id)
    ]
    record = fold(ref.study_id, old)
    assert record.cohorts["c1"].cohort.rungs == ()
    assert record.study.spec.halving is None


@pytest.mark.parametrize("halving", [None, Halving(3, 1), Halving(2, 21)])
def test_a_studys_halving_is_recorded_as_it_was_resolved(halving: Halving | None) -> None:
    spec = replace(a_spec(), halving=halving)
    assert spec_from_json(spec_to_json(spec)) == spec


async def test_a_trial_that_a_rung_dropped_keeps_its_score_and_says_why(world: World) -> None:
    ref = await registered(world)
    attempt = (await world.claimed(ref)).attempt
    why = "Stopped at the rung after epoch 1: the best 2 of 3 lanes went on."
    end = TrialEnd(
        3,
        TrialState.PRUNED,
        stop_reason=StopReason.RUNG,
        detail=why,
        score_val=0.4,
        val_loss=1.2,
        best_epoch=1,
        epochs=1,
        n_params=9,
    )
    await world.report(ref, attempt, ReportBatch(1, epochs((1, 2, 3)), (end,)))

    trial, curve = await world.ledger.get_trial(ref.study_id, 3)
    assert (trial.state, trial.stop_reason, trial.detail) == (
        TrialState.PRUNED,
        StopReason.RUNG,
        why,
    )
    assert (trial.score_val, trial.epochs, len(curve)) == (0.4, 1, 1)
    last = Doc((await world.events(ref.study_id))[-1].data)
    assert (last.text("to"), last.text("stop_reason")) == ("PRUNED", "rung")
    assert (await world.ledger.get_study(ref.study_id)).best is None


async def test_the_event_of_a_registration_tells_the_rungs(world: World) -> None:
    ref = await registered(world)
    events = await world.events(ref.study_id)
    event = next(each for each in events if each.type is EventType.COHORT_REGISTERED)
    assert event.data["rungs"] == [{"epoch": 1, "keep": 8}, {"epoch": 3, "keep": 2}]
