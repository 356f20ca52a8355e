"""Profiles and problems as JSON: what is kept beside a table, and what a child says."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Any, Final

from layerlab.domain.dataset import Column, ColumnKind, Dataset, DataWarning, Task, TopValue
from layerlab.domain.json_value import JsonValue
from layerlab.domain.matrices import MatrixSpec
from layerlab.domain.problem import (
    InvalidInput,
    NotFound,
    OutOfSpace,
    Problem,
    TooLarge,
    UnsupportedMedia,
)
from layerlab.domain.recipe import RecipeName
from layerlab.domain.splitting import SplitMethod, SplitSpec

_PROBLEMS: Final[dict[str, type[Problem]]] = {
    kind.__name__: kind
    for kind in (Problem, InvalidInput, NotFound, OutOfSpace, TooLarge, UnsupportedMedia)
}


def dataset_to_json(dataset: Dataset) -> dict[str, JsonValue]:
    return {**dataclasses.asdict(dataset), "created_at": dataset.created_at.isoformat()}


def dataset_from_json(value: Any) -> Dataset:
    """:raises Exception: of any kind, for what `dataset_to_json` did not write."""
    return Dataset(
        **{
            **value,
            "columns": tuple(_column(each) for each in value["columns"]),
            "suggested_task": Task(value["suggested_task"]),
            "warnings": tuple(DataWarning(**each) for each in value["warnings"]),
            "created_at": datetime.fromisoformat(value["created_at"]),
        }
    )


def _column(value: Any) -> Column:
    top = tuple(TopValue(**each) for each in value["top"])
    return Column(**{**value, "kind": ColumnKind(value["kind"]), "top": top})


def spec_to_json(spec: MatrixSpec) -> dict[str, JsonValue]:
    return dataclasses.asdict(spec)


def spec_from_json(value: Any) -> MatrixSpec:
    kinds = {name: ColumnKind(kind) for name, kind in value["column_kinds"].items()}
    split = {**value["split"], "method": SplitMethod(value["split"]["method"])}
    return MatrixSpec(
        **{
            **value,
            "task": Task(value["task"]),
            "recipe": RecipeName(value["recipe"]),
            "column_kinds": kinds,
            "split": SplitSpec(**split),
        }
    )


def problem_to_json(problem: Problem) -> dict[str, JsonValue]:
    facts = {each.name: getattr(problem, each.name) for each in dataclasses.fields(problem)}
    kind = type(problem).__name__
    return {"kind": kind if kind in _PROBLEMS else Problem.__name__, **facts}


def problem_from_json(value: Any) -> Problem:
    facts = dict(value)
    return _PROBLEMS[facts.pop("kind")](**facts)
