"""The message on the queue."""

from __future__ import annotations

from typing import Final

from google.protobuf.message import DecodeError

from layerlab.domain.problem import Malformed
from layerlab.domain.study import CohortRef
from layerlab.v1 import job_pb2 as pb

SCHEMA_VERSION: Final = 1


class CohortMessageTooNew(Exception):
    """Written by a newer scheduler: for a newer trainer, so give it back."""


def encode_cohort(cohort: CohortRef) -> bytes:
    return pb.CohortMessage(
        schema_version=SCHEMA_VERSION,
        study_id=cohort.study_id,
        cohort_id=cohort.cohort_id,
        traceparent=cohort.traceparent,
    ).SerializeToString(deterministic=True)


def decode_cohort(body: bytes) -> CohortRef:
    """:raises Malformed: for anything but a cohort's message.
    :raises CohortMessageTooNew: for a later version of it.
    """
    try:
        message = pb.CohortMessage.FromString(body)
    except DecodeError as error:
        raise Malformed("poison_message", "The message is no cohort.") from error
    if message.schema_version > SCHEMA_VERSION:
        raise CohortMessageTooNew(message.schema_version)
    if not (message.schema_version and message.study_id and message.cohort_id):
        raise Malformed("poison_message", "The message names no cohort.")
    return CohortRef(message.study_id, message.cohort_id, message.traceparent)
