"""The steps of a recipe: what each column becomes."""

from __future__ import annotations

from dataclasses import dataclass

from layerlab.domain.dataset import ColumnKind
from layerlab.domain.json_value import JsonObject, JsonValue


@dataclass(frozen=True, slots=True)
class NumberStep:
    """x → (fill if missing, else x) → (x - shift) / scale. Dates are seconds since 1970, UTC.

    With an `indicator`, a second input is 1 where x is missing, else 0.
    """

    column: str
    kind: ColumnKind
    fill: float
    shift: float
    scale: float
    indicator: bool = False

    @property
    def width(self) -> int:
        return 1 + self.indicator

    @property
    def is_of_version_1(self) -> bool:
        return not self.indicator

    def to_json(self) -> dict[str, JsonValue]:
        return {
            "column": self.column,
            "kind": self.kind.value,
            "fill": self.fill,
            "shift": self.shift,
            "scale": self.scale,
            **({"indicator": True} if self.indicator else {}),
        }

    @classmethod
    def from_json(cls, value: JsonObject) -> NumberStep:
        """:raises Exception: KeyError, TypeError or ValueError, for another shape."""
        return cls(
            str(value["column"]),
            ColumnKind(value["kind"]),  # type: ignore[arg-type]  # Checked by the enum.
            float(value["fill"]),  # type: ignore[arg-type]  # A wrong shape raises.
            float(value["shift"]),  # type: ignore[arg-type]  # Likewise.
            float(value["scale"]),  # type: ignore[arg-type]  # Likewise.
            bool(value.get("indicator", False)),
        )


@dataclass(frozen=True, slots=True)
class QuantileStep:
    """x → (fill if missing, else x) → its rank among the training rows → the normal quantile.

    `quantiles` of the training rows, ascending, evenly spaced in rank from the least (0) to the
    greatest (1); between two the rank is interpolated, and among equal ones it is their mean. The
    rank is kept from 1e-7 to 1 - 1e-7, which is within ±5.2. `indicator`: as in a NumberStep.
    """

    column: str
    kind: ColumnKind
    fill: float
    quantiles: tuple[float, ...]
    indicator: bool = False

    @property
    def width(self) -> int:
        return 1 + self.indicator

    @property
    def is_of_version_1(self) -> bool:
        return False

    def to_json(self) -> dict[str, JsonValue]:
        return {
            "column": self.column,
            "kind": self.kind.value,
            "fill": self.fill,
            "quantiles": list(self.quantiles),
            **({"indicator": True} if self.indicator else {}),
        }

    @classmethod
    def from_json(cls, value: JsonObject) -> QuantileStep:
        """:raises Exception: KeyError, TypeError or ValueError, for another shape."""
        return cls(
            str(value["column"]),
            ColumnKind(value["kind"]),  # type: ignore[arg-type]  # Checked by the enum.
            float(value["fill"]),  # type: ignore[arg-type]  # A wrong shape raises.
            tuple(float(each) for each in value["quantiles"]),  # type: ignore[union-attr,arg-type]  # Likewise.
            bool(value.get("indicator", False)),
        )


@dataclass(frozen=True, slots=True)
class CategoryStep:
    """x → one input of 0 and 1 per category, all 0 for a missing value.

    `groups_rare`: one more input, the last, is 1 for every other value, be it rare or unseen;
    without it such a value is all 0, too.
    """

    column: str
    categories: tuple[str, ...]
    groups_rare: bool = False

    @property
    def width(self) -> int:
        return len(self.categories) + self.groups_rare

    @property
    def is_of_version_1(self) -> bool:
        return not self.groups_rare

    def to_json(self) -> dict[str, JsonValue]:
        return {
            "column": self.column,
            "kind": ColumnKind.CATEGORY.value,
            "categories": list(self.categories),
            **({"groups_rare": True} if self.groups_rare else {}),
        }

    @classmethod
    def from_json(cls, value: JsonObject) -> CategoryStep:
        """:raises Exception: KeyError or TypeError, for another shape."""
        return cls(
            str(value["column"]),
            tuple(map(str, value["categories"])),  # type: ignore[arg-type]  # A wrong shape raises.
            bool(value.get("groups_rare", False)),
        )
