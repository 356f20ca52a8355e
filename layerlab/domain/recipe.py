"""A recipe: fitted preprocessing as a value that can be saved, shipped and applied again."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from layerlab.domain.dataset import ColumnKind, Task
from layerlab.domain.json_value import JsonObject, JsonValue
from layerlab.domain.problem import InvalidInput

RECIPE_VERSION: Final = 1

MAX_CATEGORIES: Final = 255
"""The most frequent categories of a column that get an input of their own."""


class RecipeName(StrEnum):
    """How features are prepared. `paper` is McLeod's: missing is 0, then scaled to [0, 1].

    `standard`: missing is the mean, then mean 0 and standard deviation 1. `quantile`: missing is
    the median, then ranks among the training rows as a normal distribution's quantiles.
    """

    PAPER = "paper"
    STANDARD = "standard"
    QUANTILE = "quantile"


@dataclass(frozen=True, slots=True)
class NumberStep:
    """x → (fill if missing, else x) → (x - shift) / scale. Dates are seconds since 1970, UTC."""

    column: str
    kind: ColumnKind
    fill: float
    shift: float
    scale: float

    @property
    def width(self) -> int:
        return 1


@dataclass(frozen=True, slots=True)
class CategoryStep:
    """x → one column of 0 and 1 per category, all 0 for a missing or unseen value."""

    column: str
    categories: tuple[str, ...]

    @property
    def width(self) -> int:
        return len(self.categories)


@dataclass(frozen=True, slots=True)
class TargetStep:
    """Classes in label order, or the mean and the standard deviation of a quantity."""

    column: str
    task: Task
    classes: tuple[str, ...] = ()
    mean: float = 0.0
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Recipe:
    """Fitted on training rows only."""

    name: RecipeName
    steps: tuple[NumberStep | CategoryStep, ...]
    target: TargetStep

    @property
    def n_inputs(self) -> int:
        return sum(step.width for step in self.steps)

    @property
    def n_outputs(self) -> int:
        """One logit per class (two for two classes), or one number."""
        return len(self.target.classes) if self.target.task is Task.CLASSIFICATION else 1

    def to_json(self) -> dict[str, JsonValue]:
        return {
            "version": RECIPE_VERSION,
            "name": self.name.value,
            "steps": [_step_to_json(step) for step in self.steps],
            "target": {
                "column": self.target.column,
                "task": self.target.task.value,
                "classes": list(self.target.classes),
                "mean": self.target.mean,
                "scale": self.target.scale,
            },
        }

    @classmethod
    def from_json(cls, value: JsonObject) -> Recipe:
        """:raises InvalidInput: for another version or another shape."""
        if value.get("version") != RECIPE_VERSION:
            raise InvalidInput(
                "recipe_version", f"This is no recipe of version {RECIPE_VERSION}.", field="version"
            )
        try:
            return cls(
                name=RecipeName(value["name"]),  # type: ignore[arg-type]  # Checked by the enum.
                steps=tuple(_step_from_json(step) for step in value["steps"]),  # type: ignore[union-attr,arg-type]  # A wrong shape raises below.
                target=_target_from_json(value["target"]),  # type: ignore[arg-type]  # Likewise.
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidInput("recipe_shape", f"This is no recipe: {error!r}.") from error


def _step_to_json(step: NumberStep | CategoryStep) -> dict[str, JsonValue]:
    if isinstance(step, CategoryStep):
        return {
            "column": step.column,
            "kind": ColumnKind.CATEGORY.value,
            "categories": list(step.categories),
        }
    return {
        "column": step.column,
        "kind": step.kind.value,
        "fill": step.fill,
        "shift": step.shift,
        "scale": step.scale,
    }


def _step_from_json(value: JsonObject) -> NumberStep | CategoryStep:
    if value["kind"] == ColumnKind.CATEGORY:
        return CategoryStep(str(value["column"]), tuple(map(str, value["categories"])))  # type: ignore[arg-type]  # A wrong shape raises.
    return NumberStep(
        str(value["column"]),
        ColumnKind(value["kind"]),  # type: ignore[arg-type]  # Checked by the enum.
        *(float(value[name]) for name in ("fill", "shift", "scale")),  # type: ignore[arg-type]  # A wrong shape raises.
    )


def _target_from_json(value: JsonObject) -> TargetStep:
    return TargetStep(
        str(value["column"]),
        Task(value["task"]),  # type: ignore[arg-type]  # Checked by the enum.
        tuple(map(str, value["classes"])),  # type: ignore[arg-type]  # A wrong shape raises.
        float(value["mean"]),  # type: ignore[arg-type]  # Likewise.
        float(value["scale"]),  # type: ignore[arg-type]  # Likewise.
    )
