"""JSON documents: nothing is lost on the way there and back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerlab.domain.dataset import ColumnKind, Task
from layerlab.domain.event import Event, EventType
from layerlab.domain.json_value import canonical
from layerlab.domain.presets import PRESETS, preset_space
from layerlab.domain.recipe import RecipeName
from layerlab.domain.spec import Engine, Search
from layerlab.domain.study import Progress, Study, Trial
from layerlab.domain.trial import FailureReason, StopReason, StudyState, TrialState
from services.gateway.ledger import CurvePoint, StudyView
from services.gateway.ledger.doc import Doc, from_time, to_time
from services.gateway.ledger.documents import (
    curve_point_to_json,
    event_to_json,
    study_from_json,
    study_to_json,
    trial_from_json,
    trial_to_json,
)
from services.gateway.ledger.spec_documents import spec_from_json, spec_to_json
from tests.unit.gateway_ledger.world import START, a_design, a_spec

ENDED = Trial(
    number=17,
    design=a_design(3),
    seed=2**53 - 1,
    engine=Engine.KERAS,
    cohort_id="c4",
    state=TrialState.FAILED,
    attempt=3,
    worker_id="w1",
    reason=FailureReason.OUT_OF_MEMORY,
    stop_reason=StopReason.TIME_BUDGET,
    detail="killed",
    score_val=0.75,
    score_test=0.5,
    val_loss=1e-9,
    best_epoch=7,
    epochs=9,
    fit_time_seconds=1.25,
    n_params=10**9,
    created_at=START,
    started_at=START + timedelta(milliseconds=1),
    ended_at=START + timedelta(days=1),
    has_model=True,
)


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("rows", [30, 5_000, 1_000_000])
def test_a_request_is_the_same_after_json(preset: str, rows: int) -> None:
    spec = replace(
        a_spec(None, time_seconds=0.5),
        space=preset_space(preset, rows),
        task=Task.REGRESSION,
        search=Search.GRID,
        recipe=RecipeName.STANDARD,
        engine=Engine.KERAS,
        column_kinds={"$a.b": ColumnKind.DATE, "": ColumnKind.IGNORE},
    )

    assert spec_from_json(json.loads(canonical(spec_to_json(spec)))) == spec


@pytest.mark.parametrize(
    "trial", [ENDED, Trial(1, a_design(), 0, Engine.FUSED, "c1", TrialState.PENDING)]
)
def test_a_trial_is_the_same_after_json(trial: Trial) -> None:
    document = json.loads(canonical(trial_to_json(trial)))

    assert trial_from_json(document) == trial
    assert document["n_layers"] == trial.design.n_layers


@pytest.mark.parametrize("best", [None, ENDED])
def test_a_study_is_the_same_after_json(best: Trial | None) -> None:
    study = Study("s", a_spec(), StudyState.FAILED, START, START, START, "no design could train")
    view = StudyView(study, Progress(3, 10, 0, 4.5, None, 0.5), best, 99)

    document = json.loads(canonical(study_to_json(view, "penguins.csv")))

    assert study_from_json(document) == view
    assert (document["dataset_name"], document["metric"]) == ("penguins.csv", "accuracy")


def test_an_event_travels_in_its_envelope() -> None:
    event = Event(4, START, EventType.TRIAL_TESTED, "studies/s/trials/1", {"score_test": 0.5})

    assert event_to_json(event) == {
        "v": 1,
        "seq": 4,
        "time": "2026-01-02T03:04:05.000Z",
        "type": "trial.tested",
        "subject": "studies/s/trials/1",
        "data": {"score_test": 0.5},
    }


def test_a_point_of_a_curve_has_a_name_for_each_number() -> None:
    assert curve_point_to_json(CurvePoint(1, None, 0.5, 0.25, 2.0)) == {
        "epoch": 1,
        "train_loss": None,
        "val_loss": 0.5,
        "score_val": 0.25,
        "elapsed_seconds": 2.0,
    }


@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))])))
def test_times_keep_their_millisecond_in_whatever_zone(time: datetime) -> None:
    try:
        time = time.astimezone(UTC)
    except OverflowError:
        # The first and the last day that Python knows.
        return

    assert timedelta(0) <= time - from_time(to_time(time)) < timedelta(milliseconds=1)


def test_the_text_of_times_sorts_as_they_do() -> None:
    times = [START + timedelta(milliseconds=step) for step in (0, 5, 60, 999, 1000, 3_600_000)]

    assert [to_time(each) for each in times] == sorted(to_time(each) for each in times)


def test_a_time_without_a_zone_is_no_time() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        from_time("2026-01-02T03:04:05")


@pytest.mark.parametrize(
    "read", ["text", "whole", "number", "flag", "time", "doc", "object", "items", "wholes"]
)
def test_a_field_of_another_type_is_never_taken_for_something_else(read: str) -> None:
    wrong: dict[str, object] = {"text": 1, "time": 1, "flag": "true", "items": "text"}
    doc = Doc({"field": wrong.get(read, ["text"])})  # type: ignore[dict-item]  # Wrong on purpose.

    with pytest.raises(TypeError):
        getattr(doc, read)("field")
    with pytest.raises(TypeError):
        getattr(doc, read)("absent")
    with pytest.raises(TypeError):
        Doc(["no object"])
