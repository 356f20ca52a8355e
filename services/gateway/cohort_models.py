"""The JSON of cohorts, for /openapi.json."""

from __future__ import annotations

from pydantic import Field

from layerlab.domain.study import Purpose
from layerlab.domain.trial import CohortState
from services.gateway.models import Document


class RungDocument(Document):
    epoch: int = Field(description="Counts from 1.")
    keep: int = Field(description="So many of the lanes that still train go on, at most.")


class CohortStatsDocument(Document):
    """What training took, in the attempt that ended the cohort."""

    lanes: int = Field(description="Trained in that attempt.")
    groups: int = Field(
        description="They trained in so many groups, one after another: more than 1 where all "
        "together would not have fit into memory."
    )
    padding_share: float = Field(
        description="Of the operations of matrix products, 0 to 1: spent on units that no design "
        "has."
    )
    predicted_bytes: int = Field(
        description="Of the training process, beyond what it takes idle; before training."
    )
    peak_bytes: int | None = Field(description="Likewise, as measured.")
    train_seconds: float
    flops: float = Field(description="Operations of the designs' matrix products, no padding.")
    flops_per_second: float


class CohortReceiptDocument(Document):
    """What the results of its trials depend on, beside designs and seeds. SHA-256 in hex."""

    split_sha256: str
    recipe_sha256: str = Field(description="Of what was fitted, and of the matrices.")
    versions: dict[str, str] = Field(description="Of what trained, by name.")
    machine: dict[str, str]


class CohortDocument(Document):
    cohort_id: str
    purpose: Purpose
    state: CohortState
    numbers: list[int] = Field(description="Its trials.")
    rungs: list[RungDocument] = Field(description="Where its weaker lanes are dropped.")
    attempt: int
    worker_id: str
    stats: CohortStatsDocument | None = Field(
        description="There once a trainer has trained it to its end."
    )
    receipt: CohortReceiptDocument | None = Field(description="Likewise.")


class CohortPageDocument(Document):
    cohorts: list[CohortDocument] = Field(description="In the order of registration.")
    next_page_token: str = Field(description="Empty: there are no more.")
    total_size: int
