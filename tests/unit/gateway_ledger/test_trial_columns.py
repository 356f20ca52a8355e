"""A study's trials as columns of a snapshot."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from layerlab.domain.json_value import canonical
from layerlab.domain.spec import Engine
from layerlab.domain.study import Purpose, Trial
from layerlab.domain.trial import FailureReason, StudyState, TrialState
from layerlab.ports import Snapshot
from services.gateway.ledger.doc import Doc
from services.gateway.ledger.documents import trial_to_json
from services.gateway.ledger.fold import fold
from services.gateway.ledger.snapshot import restore_snapshot, take_snapshot
from services.gateway.ledger.trial_columns import trials_from_columns, trials_to_columns
from tests.unit.gateway_ledger.world import START, World, a_design

TRIALS = (
    Trial(1, a_design(), 0, Engine.FUSED, "c1", TrialState.PENDING, created_at=START),
    Trial(
        2,
        replace(a_design(), hidden=(), learning_rate=0.25),
        2**53 - 1,
        Engine.KERAS,
        "c2",
        TrialState.FAILED,
        reason=FailureReason.NAN_LOSS,
        detail="It was “nan”.",
        started_at=START,
        purpose=Purpose.ROWS,
        share=0.25,
    ),
)


@pytest.mark.parametrize("trials", [(), TRIALS[:1], TRIALS])
def test_trials_are_the_same_after_columns(trials: tuple[Trial, ...]) -> None:
    text = canonical(trials_to_columns(trials))

    assert trials_from_columns(Doc(json.loads(text))) == list(trials)


def test_a_field_that_is_younger_than_a_snapshot_has_its_default() -> None:
    columns = dict(trials_to_columns(TRIALS))
    del columns["share"]

    assert [each.share for each in trials_from_columns(Doc(columns))] == [1.0, 1.0]


@pytest.mark.parametrize("name", ["seed", "state"])
def test_a_column_that_is_missing_or_too_short_is_refused(name: str) -> None:
    columns = dict(trials_to_columns(TRIALS))
    columns[name] = []
    with pytest.raises(TypeError, match=name):
        trials_from_columns(Doc(columns))
    del columns[name]
    with pytest.raises(TypeError, match=name):
        trials_from_columns(Doc(columns))


async def test_a_snapshot_of_an_object_a_trial_is_still_read(world: World) -> None:
    study_id = await world.running_study()
    await world.succeeded(study_id)
    await world.ledger.move_study(study_id, StudyState.SUCCEEDED)
    record = fold(study_id, await world.events(study_id))
    snapshot = take_snapshot(record)
    body = json.loads(snapshot.body)
    changes = record.trial_changes.items()
    body["trials"] = [
        {**trial_to_json(record.trials[number]), "changed": seq} for number, seq in changes
    ]
    del body["trial_changes"]
    body["version"] = 1

    assert restore_snapshot(Snapshot(snapshot.seq, canonical(body))) == record
