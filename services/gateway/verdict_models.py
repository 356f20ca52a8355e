"""The JSON of verdicts, for /openapi.json: fields and meanings are `layerlab.domain.verdict`'s."""

from __future__ import annotations

from pydantic import Field

from layerlab.domain.baseline import Baseline
from layerlab.domain.metric import Metric
from layerlab.domain.trial import StudyState
from layerlab.domain.verdict import Outcome, Relation
from services.gateway.models import DesignDocument, Document


class IntervalDocument(Document):
    low: float
    high: float
    level: float = Field(description="0.95: of many such intervals 95 % hold the true value.")


class ContenderDocument(Document):
    """A design or a baseline in the finals. Scores are natural values of the metric."""

    name: str = Field(description="Unlike all others', such as `2 × 64`.")
    trial: int | None = Field(description="Its trial on the study's own split.")
    baseline: Baseline | None
    design: DesignDocument | None
    n_params: int | None
    repeats: int = Field(description="Resamplings that it was trained on.")
    mean: float | None = Field(description="Of the scores over its repeats.")
    interval: IntervalDocument | None
    score_val: float | None = Field(description="Of its trial.")
    score_test: float | None = Field(description="On the test rows, touched once.")
    test_interval: IntervalDocument | None = Field(
        description="Of the score to be expected on rows like the test rows."
    )


class ComparisonDocument(Document):
    """`first` against `second`, by name."""

    first: str
    second: str
    relation: Relation
    repeats: int = Field(description="That both were trained on.")
    difference: float | None = Field(description="By how much `first` is better.")
    interval: IntervalDocument | None = Field(
        description="Simultaneous with those of all comparisons of its kind."
    )
    sentence: str


class EffectDocument(Document):
    """What one change to the winner does, with the winner's seeds."""

    field: str
    before: str
    after: str
    repeats: int
    difference: float | None = Field(description="By how much the changed design is better.")
    interval: IntervalDocument | None
    relation: Relation
    sentence: str


class ImportanceDocument(Document):
    field: str
    share: float = Field(description="Of the score's variation over the space; all sum to 1.")


class CurveStepDocument(Document):
    name: str
    share: float = Field(description="Of the training rows.")
    rows: int
    repeats: int
    mean: float
    interval: IntervalDocument | None


class VerdictDocument(Document):
    """Which design to use, and how sure one can be. Equal studies have equal verdicts."""

    study_id: str
    state: StudyState = Field(description="Of the study.")
    outcome: Outcome
    metric: Metric
    is_final: bool = Field(description="False: more rounds may change it.")
    round: int = Field(description="So many it is based on; 0: the search alone.")
    winner: str | None
    smallest: str | None = Field(
        description="The smallest design within one standard error of the winner."
    )
    contenders: list[ContenderDocument]
    survivors: list[str] = Field(description="Still to be told apart, best first.")
    rivals: list[ComparisonDocument] = Field(description="The winner against other designs.")
    baselines: list[ComparisonDocument] = Field(description="The winner against baselines.")
    ablation: list[EffectDocument]
    importances: list[ImportanceDocument]
    learning_curve: list[CurveStepDocument]
    headline: str
    sentences: list[str]
    advice: str = Field(description="More data, or a bigger network?")
    limits: list[str] = Field(description="What it could not look at, and why.")
