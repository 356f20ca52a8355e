"""A recipe: fitted preprocessing as a value that can be saved, shipped and applied again."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from layerlab.domain.dataset import Task
from layerlab.domain.json_value import JsonObject, JsonValue
from layerlab.domain.problem import InvalidInput
from layerlab.domain.recipe_steps import CategoryStep, NumberStep, QuantileStep

RECIPE_VERSION: Final = 2
"""Version 1 has no quantiles, no indicators and no input for rare categories; where a recipe has
none of them either, it is still written as version 1. Both are read."""

_VERSIONS: Final = (1, RECIPE_VERSION)

MAX_CATEGORIES: Final = 255
"""The most frequent categories of a column that get an input of their own."""

RARE_SHARE: Final = 0.01
"""Of the training rows; a category of fewer is rare."""

Step: TypeAlias = NumberStep | QuantileStep | CategoryStep


class RecipeName(StrEnum):
    """How features are prepared. `paper` is McLeod's: missing is 0, then scaled to [0, 1].

    `standard`: missing is the mean, then mean 0 and standard deviation 1. `quantile`: missing is
    the median, then ranks among the training rows as a normal distribution's quantiles.
    """

    PAPER = "paper"
    STANDARD = "standard"
    QUANTILE = "quantile"


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
    steps: tuple[Step, ...]
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
            "version": 1 if all(step.is_of_version_1 for step in self.steps) else RECIPE_VERSION,
            "name": self.name.value,
            "steps": [step.to_json() for step in self.steps],
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
        if value.get("version") not in _VERSIONS:
            raise InvalidInput(
                "recipe_version",
                f"This is no recipe of a version up to {RECIPE_VERSION}.",
                field="version",
            )
        try:
            return cls(
                name=RecipeName(value["name"]),  # type: ignore[arg-type]  # Checked by the enum.
                steps=tuple(_step_from_json(step) for step in value["steps"]),  # type: ignore[union-attr,arg-type]  # A wrong shape raises below.
                target=_target_from_json(value["target"]),  # type: ignore[arg-type]  # Likewise.
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidInput("recipe_shape", f"This is no recipe: {error!r}.") from error


def _step_from_json(value: JsonObject) -> Step:
    if "categories" in value:
        return CategoryStep.from_json(value)
    return QuantileStep.from_json(value) if "quantiles" in value else NumberStep.from_json(value)


def _target_from_json(value: JsonObject) -> TargetStep:
    return TargetStep(
        str(value["column"]),
        Task(value["task"]),  # type: ignore[arg-type]  # Checked by the enum.
        tuple(map(str, value["classes"])),  # type: ignore[arg-type]  # A wrong shape raises.
        float(value["mean"]),  # type: ignore[arg-type]  # Likewise.
        float(value["scale"]),  # type: ignore[arg-type]  # Likewise.
    )
