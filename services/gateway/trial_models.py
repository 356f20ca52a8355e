"""The JSON of what is asked about trials: receipts, verifications, added designs."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from layerlab.domain.baseline import Baseline
from layerlab.domain.dataset import Task
from layerlab.domain.evaluation import EvaluatedRows
from layerlab.domain.recipe import RecipeName
from layerlab.domain.spec import Engine
from services.gateway.cohort_models import CohortReceiptDocument
from services.gateway.evaluating import EvaluationState
from services.gateway.models import DesignDocument, Document
from services.gateway.replaying import VerificationState


class KnownDesignDocument(Document):
    design: DesignDocument
    number: int | None = Field(description="Of its trial; null while it has none.")


class AddedDesignsDocument(Document):
    added: list[DesignDocument] = Field(description="They will be tried next.")
    known: list[KnownDesignDocument] = Field(description="They were asked for before.")


class TrialColumnsDocument(Document):
    """Many trials, an array a field: those of a trial, and of its design beside them."""

    seq: int = Field(description="Events after it are not in here yet.")
    count: int = Field(description="The length of every array.")
    columns: dict[str, list[Any]]


class TrialReceiptDocument(CohortReceiptDocument):
    """What a trial's result depends on, and what it was."""

    dataset_id: str
    recipe: RecipeName = Field(description="The design's own, or the study's.")
    design: DesignDocument
    baseline: Baseline | None = Field(description="With one, `design` says nothing.")
    engine: Engine
    seed: int
    repeat: int
    share: float
    epochs: int
    best_epoch: int | None
    score_val: float | None
    val_loss: float | None


class TrialResultDocument(Document):
    score_val: float | None
    val_loss: float | None
    best_epoch: int | None
    epochs: int


class RocCurveDocument(Document):
    """Of one class against the rest, from (0, 0) to (1, 1); at most 100 points."""

    name: str = Field(alias="class")
    auc: float
    fpr: list[float]
    tpr: list[float]


class ResidualsDocument(Document):
    """Of at most 1,000 rows, drawn by a fixed seed, in the target's own units."""

    actual: list[float]
    predicted: list[float]


class EvaluationDocument(Document):
    """Where a trial is right and where it is wrong, on rows that it has not trained on."""

    rows: EvaluatedRows
    task: Task
    n: int = Field(description="So many rows.")
    classes: list[str] = Field(description="Of `confusion`, at most 50.")
    merged: int = Field(
        description="So many rare classes the last of `classes` stands for; 0: it is one itself."
    )
    confusion: list[list[int]] | None = Field(
        description="Counts of rows: [true class][predicted class]; null for a quantity."
    )
    roc: list[RocCurveDocument] = Field(
        description="Of two classes one curve, of the second; else of the most frequent classes, "
        "at most 20."
    )
    residuals: ResidualsDocument | None = Field(description="Null for classes; so what follows.")
    mae: float | None
    rmse: float | None
    r2: float | None


class EvaluationRunDocument(Document):
    """The making of an evaluation that was asked for."""

    evaluation_id: str = Field(description="Of the study that makes it.")
    state: EvaluationState = Field(
        description="SUCCEEDED: `evaluation` has it. FAILED: asked again, it is tried again."
    )
    detail: str


class VerificationDocument(Document):
    verification_id: str = Field(description="Of the study, in no list, that trains it again.")
    state: VerificationState
    expected: TrialResultDocument
    got: TrialResultDocument | None = Field(description="Null until it has ended.")
    differences: list[str] = Field(description="What is not equal, for people.")
    same_machine: bool | None = Field(
        description="Versions and kernels are the same, so that results must be equal to the last "
        "bit; null while that is not known."
    )
    detail: str
