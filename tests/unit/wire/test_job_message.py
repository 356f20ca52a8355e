"""What lies on a queue outlives the version that put it there."""

from __future__ import annotations

import pytest

from layerlab import wire
from layerlab.domain.problem import Malformed
from layerlab.domain.study import CohortRef
from layerlab.v1 import job_pb2

# Written by schema version 1. These bytes may lie on a queue for as long as anybody upgrades.
GOLDEN = bytes.fromhex(
    "080112027331 1a0773312d63303031 220b30302d61622d63642d3031".replace(" ", "")
)


def test_the_bytes_of_version_1_never_change() -> None:
    cohort = CohortRef("s1", "s1-c001", "00-ab-cd-01")
    assert wire.encode_cohort(cohort) == GOLDEN
    assert wire.decode_cohort(GOLDEN) == cohort


@pytest.mark.parametrize("body", [b"", b"\xff\xff\xff", b"random bytes", b"\x08\x01"])
def test_anything_else_is_poison(body: bytes) -> None:
    with pytest.raises(Malformed):
        wire.decode_cohort(body)


def test_a_message_of_a_newer_scheduler_is_not_poison() -> None:
    body = job_pb2.CohortMessage(schema_version=2, study_id="s", cohort_id="c").SerializeToString()
    with pytest.raises(wire.CohortMessageTooNew):
        wire.decode_cohort(body)


def test_fields_that_a_newer_scheduler_adds_are_passed_over() -> None:
    unknown_field = b"\xfa\x01\x03new"
    assert wire.decode_cohort(GOLDEN + unknown_field) == CohortRef("s1", "s1-c001", "00-ab-cd-01")
