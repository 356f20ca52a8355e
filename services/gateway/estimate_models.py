"""The JSON of what a study would take, for /openapi.json."""

from __future__ import annotations

from pydantic import Field

from services.gateway.models import Document


class SecondsRange(Document):
    low: float
    high: float


class BytesRange(Document):
    low: int
    high: int


class ProbeDocument(Document):
    """What it was measured with."""

    study_id: str = Field(description="It is in no list.")
    seconds: float
    trials: int = Field(description="That have trained.")


class EstimateDocument(Document):
    estimate_id: str = Field(description="For the study's request, within a day.")
    seconds: SecondsRange = Field(description="From the study's creation to its end.")
    bytes: BytesRange = Field(description="Of memory that training takes, at the peak.")
    trials: int = Field(description="Of the search.")
    designs: int | None = Field(description="That the space has; null when uncountable.")
    probe: ProbeDocument | None
    is_rough: bool = Field(description="It could not be measured well, so the range is wide.")
