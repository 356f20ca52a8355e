"""Datasets, samples and presets as JSON; studies and trials are the ledger's."""

from __future__ import annotations

from layerlab.domain.dataset import Column, Dataset, TableRows
from layerlab.domain.event import Event
from layerlab.domain.json_value import JsonValue
from layerlab.domain.matrices import Split
from layerlab.domain.presets import PRESETS, preset_space
from layerlab.domain.study import Trial
from services.gateway.ledger import CurvePoint
from services.gateway.ledger.doc import to_time
from services.gateway.ledger.documents import curve_point_to_json, trial_to_json
from services.gateway.samples import Sample


def dataset_to_json(dataset: Dataset) -> dict[str, JsonValue]:
    return {
        "dataset_id": dataset.dataset_id,
        "name": dataset.name,
        "rows": dataset.rows,
        "size_bytes": dataset.size_bytes,
        "columns": [_column_to_json(column) for column in dataset.columns],
        "suggested_target": dataset.suggested_target,
        "suggested_task": dataset.suggested_task.value,
        "warnings": [
            {"code": each.code, "detail": each.detail, "column": each.column}
            for each in dataset.warnings
        ],
        "encoding": dataset.encoding,
        "delimiter": dataset.delimiter,
        "created_at": to_time(dataset.created_at),
    }


def _column_to_json(column: Column) -> dict[str, JsonValue]:
    return {
        "name": column.name,
        "kind": column.kind.value,
        "reason": column.reason,
        "missing": column.missing,
        "distinct": column.distinct,
        "minimum": column.minimum,
        "maximum": column.maximum,
        "mean": column.mean,
        "infinite": column.infinite,
        "integers": column.integers,
        "top": [{"value": each.value, "count": each.count} for each in column.top],
    }


def sample_to_json(sample: Sample) -> dict[str, JsonValue]:
    return {
        "name": sample.name,
        "title": sample.title,
        "description": sample.description,
        "target": sample.target,
        "task": sample.task.value,
        "rows": sample.rows,
        "columns": sample.columns,
        "source": sample.source,
    }


def presets_to_json(rows: int) -> list[JsonValue]:
    """Every preset as it is for a table of `rows` rows."""
    spaces = {name: preset_space(name, rows) for name in PRESETS}
    return [
        {"name": name, "space": space.to_json(), "designs": space.size()}
        for name, space in spaces.items()
    ]


def trial_with_curve_to_json(trial: Trial, curve: tuple[CurvePoint, ...]) -> dict[str, JsonValue]:
    points: list[JsonValue] = [curve_point_to_json(point) for point in curve]
    return {**trial_to_json(trial), "curve": points}


def rows_to_json(rows: TableRows) -> dict[str, JsonValue]:
    return {
        "columns": rows.columns,
        "rows": rows.rows,
        "total_size": rows.total,
    }


def split_to_json(split: Split) -> dict[str, JsonValue]:
    return {
        "train": split.train,
        "validation": split.validation,
        "test": split.test,
    }


def activity_to_json(event: Event) -> dict[str, JsonValue]:
    return {
        "seq": event.seq,
        "time": to_time(event.time),
        "type": event.type.value,
        "subject": event.subject,
        "data": event.data,
    }
