"""Domain values ↔ protobuf messages, and errors ↔ gRPC statuses: each conversion once.

`x_to_proto` never fails. `x_from_proto` raises `Malformed` or `InvalidInput` for a message that
says nothing the domain has a word for.
"""

from layerlab.wire.cohort import (
    cohort_from_proto,
    cohort_to_proto,
    receipt_to_proto,
    rung_from_proto,
    rung_to_proto,
)
from layerlab.wire.data import (
    dataset_from_proto,
    dataset_to_proto,
    matrix_message_from_proto,
    matrix_message_to_proto,
    matrix_spec_from_proto,
    matrix_spec_to_proto,
    part_from_proto,
    part_to_proto,
    rows_from_proto,
    rows_to_proto,
    split_from_proto,
    split_to_proto,
)
from layerlab.wire.decoding import MalformedMessages
from layerlab.wire.design import design_from_proto, design_to_proto
from layerlab.wire.enums import enum_from_proto, enum_to_proto, required_enum
from layerlab.wire.errors import errors_as_status, problem_from_rpc_error, statuses_as_errors
from layerlab.wire.evaluation import evaluation_from_proto, evaluation_to_proto
from layerlab.wire.job import CohortMessageTooNew, decode_cohort, encode_cohort
from layerlab.wire.ledger import (
    ack_from_proto,
    ack_to_proto,
    batch_from_proto,
    batch_to_proto,
    claim_from_proto,
    claim_to_proto,
    delta_from_proto,
    delta_to_proto,
    proposal_from_proto,
    proposal_to_proto,
    queue_report_from_proto,
    queue_report_to_proto,
    worker_from_proto,
    worker_to_proto,
)
from layerlab.wire.spec import (
    spec_from_proto,
    spec_to_proto,
    split_spec_from_proto,
    split_spec_to_proto,
)
from layerlab.wire.study import (
    estimate_to_proto,
    event_from_proto,
    event_to_proto,
    progress_to_proto,
    study_from_proto,
    study_to_proto,
    trial_from_proto,
    trial_to_proto,
)
from layerlab.wire.values import (
    struct_from_json,
    struct_to_json,
    time_from_proto,
    time_to_proto,
)

__all__ = [
    "CohortMessageTooNew",
    "MalformedMessages",
    "ack_from_proto",
    "ack_to_proto",
    "batch_from_proto",
    "batch_to_proto",
    "claim_from_proto",
    "claim_to_proto",
    "cohort_from_proto",
    "cohort_to_proto",
    "dataset_from_proto",
    "dataset_to_proto",
    "decode_cohort",
    "delta_from_proto",
    "delta_to_proto",
    "design_from_proto",
    "design_to_proto",
    "encode_cohort",
    "enum_from_proto",
    "enum_to_proto",
    "errors_as_status",
    "estimate_to_proto",
    "evaluation_from_proto",
    "evaluation_to_proto",
    "event_from_proto",
    "event_to_proto",
    "matrix_message_from_proto",
    "matrix_message_to_proto",
    "matrix_spec_from_proto",
    "matrix_spec_to_proto",
    "part_from_proto",
    "part_to_proto",
    "problem_from_rpc_error",
    "progress_to_proto",
    "proposal_from_proto",
    "proposal_to_proto",
    "queue_report_from_proto",
    "queue_report_to_proto",
    "receipt_to_proto",
    "required_enum",
    "rows_from_proto",
    "rows_to_proto",
    "rung_from_proto",
    "rung_to_proto",
    "spec_from_proto",
    "spec_to_proto",
    "split_from_proto",
    "split_spec_from_proto",
    "split_spec_to_proto",
    "split_to_proto",
    "statuses_as_errors",
    "struct_from_json",
    "struct_to_json",
    "study_from_proto",
    "study_to_proto",
    "time_from_proto",
    "time_to_proto",
    "trial_from_proto",
    "trial_to_proto",
    "worker_from_proto",
    "worker_to_proto",
]
