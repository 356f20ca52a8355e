"""Whatever the domain can say crosses the wire and comes back the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from google.protobuf.message import Message
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layerlab import wire
from layerlab.domain.design import Design
from layerlab.domain.study import CohortRef
from tests.unit.wire import strategies as any_

ROUND_TRIPS: dict[str, tuple[st.SearchStrategy[Any], Callable[..., Any], Callable[..., Any]]] = {
    "dataset": (any_.datasets, wire.dataset_to_proto, wire.dataset_from_proto),
    "design": (any_.designs, wire.design_to_proto, wire.design_from_proto),
    "spec": (any_.specs, wire.spec_to_proto, wire.spec_from_proto),
    "study": (any_.studies, wire.study_to_proto, wire.study_from_proto),
    "trial": (any_.trials, wire.trial_to_proto, wire.trial_from_proto),
    "event": (any_.events, wire.event_to_proto, wire.event_from_proto),
    "cohort": (any_.cohorts, wire.cohort_to_proto, wire.cohort_from_proto),
    "proposal": (any_.proposals, wire.proposal_to_proto, wire.proposal_from_proto),
    "claim": (any_.claims, wire.claim_to_proto, wire.claim_from_proto),
    "delta": (any_.deltas, wire.delta_to_proto, wire.delta_from_proto),
    "acknowledgement": (any_.acks, wire.ack_to_proto, wire.ack_from_proto),
    "worker": (any_.workers, wire.worker_to_proto, wire.worker_from_proto),
    "matrix spec": (any_.matrix_specs, wire.matrix_spec_to_proto, wire.matrix_spec_from_proto),
    "matrix message": (
        any_.matrix_messages,
        wire.matrix_message_to_proto,
        wire.matrix_message_from_proto,
    ),
    "split": (any_.splits, wire.split_to_proto, wire.split_from_proto),
}


@pytest.mark.parametrize("kind", ROUND_TRIPS)
@given(data=st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_value_comes_back_the_same(kind: str, data: st.DataObject) -> None:
    strategy, to_proto, from_proto = ROUND_TRIPS[kind]
    value = data.draw(strategy)
    message: Message = to_proto(value)
    received = type(message).FromString(message.SerializeToString())
    assert from_proto(received) == value


def test_what_the_design_of_an_older_version_does_not_say_has_its_default() -> None:
    design = Design(hidden=(8, 4), dropout=0.1)
    message = wire.design_to_proto(design)
    for later in ("momentum", "schedule", "warmup_epochs", "class_weight"):
        message.ClearField(later)
    assert wire.design_from_proto(message) == design


def test_a_momentum_of_0_is_not_taken_for_an_absent_one() -> None:
    design = Design(hidden=(), momentum=0.0)
    assert wire.design_from_proto(wire.design_to_proto(design)) == design


@given(any_.refs, st.integers(1, 1000), any_.batches)
@settings(max_examples=40, deadline=None)
def test_a_batch_comes_back_with_its_cohort_and_attempt(
    cohort: CohortRef, attempt: int, batch: Any
) -> None:
    message = wire.batch_to_proto(cohort, attempt, batch)
    received = type(message).FromString(message.SerializeToString())
    expected = CohortRef(cohort.study_id, cohort.cohort_id)
    assert wire.batch_from_proto(received) == (expected, attempt, batch)


@given(any_.refs)
def test_a_queued_cohort_comes_back_the_same(cohort: CohortRef) -> None:
    assert wire.decode_cohort(wire.encode_cohort(cohort)) == cohort
