"""The JSON of datasets, samples and presets, for /openapi.json."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from layerlab.domain.dataset import ColumnKind, Task
from services.gateway.models import Document


class TopValueDocument(Document):
    value: str
    count: int


class ColumnDocument(Document):
    name: str
    kind: ColumnKind
    reason: str = Field(description="Why this kind was inferred, in a sentence.")
    missing: int
    distinct: int = Field(description="Different values among those present; exact.")
    minimum: float | None = Field(description="Of finite numbers; dates in seconds since 1970.")
    maximum: float | None
    mean: float | None
    infinite: int
    integers: bool
    top: list[TopValueDocument] = Field(description="Most frequent first.")


class WarningDocument(Document):
    code: str
    detail: str
    column: str = Field(description="Empty when it is about the whole table.")


class DatasetDocument(Document):
    dataset_id: str = Field(description="SHA-256 of the uploaded bytes.")
    name: str = Field(description="For people only.")
    rows: int
    size_bytes: int
    columns: list[ColumnDocument]
    suggested_target: str
    suggested_task: Task
    warnings: list[WarningDocument]
    encoding: str
    delimiter: str
    created_at: datetime


class DatasetList(Document):
    datasets: list[DatasetDocument] = Field(description="Newest first.")


class TableRowsDocument(Document):
    columns: list[str]
    rows: list[list[str]] = Field(description="Cells as text; empty where there is nothing.")
    total_size: int = Field(description="Rows of the whole table.")


class SampleDocument(Document):
    name: str
    title: str
    description: str
    target: str
    task: Task
    rows: int
    columns: int
    source: str = Field(description="Where the table comes from, and its license.")


class SampleList(Document):
    samples: list[SampleDocument]


class PresetDocument(Document):
    name: str
    space: dict[str, Any] = Field(description="As in a study's request.")
    designs: int | None = Field(description="How many there are; null when uncountable.")


class PresetList(Document):
    presets: list[PresetDocument]
