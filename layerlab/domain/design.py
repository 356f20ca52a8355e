"""A design: one network and how to train it."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

from layerlab.domain.json_value import JsonObject, JsonValue, canonical
from layerlab.domain.problem import InvalidInput


class Activation(StrEnum):
    RELU = "relu"
    TANH = "tanh"
    GELU = "gelu"
    SILU = "silu"
    ELU = "elu"
    SIGMOID = "sigmoid"


class Norm(StrEnum):
    NONE = "none"
    BATCH = "batch"
    LAYER = "layer"


class Optimizer(StrEnum):
    SGD = "sgd"
    ADAM = "adam"
    ADAMW = "adamw"
    RMSPROP = "rmsprop"


MAX_LAYERS: Final = 16
MAX_WIDTH: Final = 4096
MAX_BATCH_SIZE: Final = 65536
_MAX_INT: Final = 2**63


@dataclass(frozen=True, slots=True)
class Design:
    """Widths of the hidden layers, first layer first, and everything else that is chosen.

    A hidden layer is: linear, then `norm`, then `activation`, then `dropout`; with `residual`,
    a layer whose input is as wide as its output adds its input to that. No hidden layer at all
    is a linear model. `sgd` has Nesterov-free momentum 0.9. `weight_decay` is decoupled for
    `adamw` and an L2 term in the gradient for the others; it never touches biases and norms.

    :raises InvalidInput: naming the field, when a value is out of its range.
    """

    hidden: tuple[int, ...]
    activation: Activation = Activation.RELU
    norm: Norm = Norm.NONE
    dropout: float = 0.0
    residual: bool = False
    optimizer: Optimizer = Optimizer.ADAM
    learning_rate: float = 1e-3
    weight_decay: float = 0.0
    batch_size: int = 64

    def __post_init__(self) -> None:
        _check(
            len(self.hidden) <= MAX_LAYERS, "hidden", f"has more than {MAX_LAYERS} hidden layers"
        )
        for width in self.hidden:
            _check(
                _is_int(width) and 1 <= width <= MAX_WIDTH,
                "hidden",
                f"has a width outside 1 to {MAX_WIDTH}: {width!r}",
            )
        _check(
            _is_number(self.dropout) and 0.0 <= self.dropout < 1.0,
            "dropout",
            f"must be at least 0 and below 1, not {self.dropout!r}",
        )
        _check(isinstance(self.residual, bool), "residual", "must be true or false")
        _check(
            _is_number(self.learning_rate) and 0.0 < self.learning_rate <= 10.0,
            "learning_rate",
            f"must be above 0 and at most 10, not {self.learning_rate!r}",
        )
        _check(
            _is_number(self.weight_decay) and 0.0 <= self.weight_decay <= 10.0,
            "weight_decay",
            f"must be 0 to 10, not {self.weight_decay!r}",
        )
        _check(
            _is_int(self.batch_size) and 1 <= self.batch_size <= MAX_BATCH_SIZE,
            "batch_size",
            f"must be a whole number from 1 to {MAX_BATCH_SIZE}, not {self.batch_size!r}",
        )

    @property
    def n_layers(self) -> int:
        """Hidden layers; the output layer is not counted."""
        return len(self.hidden)

    def n_params(self, n_inputs: int, n_outputs: int) -> int:
        """Trainable parameters of this design between `n_inputs` features and `n_outputs`."""
        widths = (n_inputs, *self.hidden)
        linear = sum((a + 1) * b for a, b in pairwise(widths))
        # Scale and shift of each normalized unit.
        norm = 0 if self.norm is Norm.NONE else 2 * sum(self.hidden)
        return linear + norm + (widths[-1] + 1) * n_outputs

    def to_json(self) -> dict[str, JsonValue]:
        return {
            "hidden": list(self.hidden),
            "activation": self.activation.value,
            "norm": self.norm.value,
            "dropout": self.dropout,
            "residual": self.residual,
            "optimizer": self.optimizer.value,
            "learning_rate": self.learning_rate,
            "weight_decay": self.weight_decay,
            "batch_size": self.batch_size,
        }

    @classmethod
    def from_json(cls, value: JsonObject) -> Design:
        """:raises InvalidInput: naming the field that is unknown, missing or out of range."""
        unknown = sorted(set(value) - set(DESIGN_FIELDS))
        _check(not unknown, unknown[0] if unknown else "", "is not a field of a design")
        _check("hidden" in value, "hidden", "is missing")
        return build_design({name: parse_field(name, each) for name, each in value.items()})


DESIGN_FIELDS: Final = tuple(Design.__dataclass_fields__)
_ENUMS: Final[Mapping[str, type[StrEnum]]] = {
    "activation": Activation,
    "norm": Norm,
    "optimizer": Optimizer,
}


def build_design(values: Mapping[str, object]) -> Design:
    """:raises InvalidInput: naming the field that is out of range; the types are the caller's."""
    return Design(**values)  # type: ignore[arg-type]  # One field each, by its name.


def parse_field(name: str, value: JsonValue) -> object:
    """The Python value of one design field from its JSON value.

    Ranges are checked by `Design` itself; this only settles the type.

    :raises InvalidInput: naming the field.
    """
    if name == "hidden":
        _check(isinstance(value, (list, tuple)), name, "must be a list of widths")
        assert isinstance(value, (list, tuple))
        _check(all(_is_int(each) for each in value), name, "must be a list of whole numbers")
        return tuple(value)
    if name in _ENUMS:
        allowed = [each.value for each in _ENUMS[name]]
        _check(value in allowed, name, f"must be one of {', '.join(allowed)}, not {value!r}")
        return _ENUMS[name](str(value))
    if name == "residual":
        _check(isinstance(value, bool), name, f"must be true or false, not {value!r}")
        return value
    if name == "batch_size":
        _check(_is_int(value), name, f"must be a whole number, not {value!r}")
        return value
    _check(_is_number(value), name, f"must be a finite number, not {value!r}")
    assert isinstance(value, (int, float))
    return float(value)


def trial_seed(dataset_id: str, design: Design, repeat: int = 0) -> int:
    """The seed of a trial, from what it trains: not from when, where or beside whom it trains.

    At most 2^53 - 1, so that it survives JSON in a browser.
    """
    text = f"{dataset_id}\n{canonical(design.to_json())}\n{repeat}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 11


def _is_int(value: object) -> bool:
    # bool is a subclass of int, and `"batch_size": true` is a mistake.
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    # JSON's whole numbers have no limit; a float has.
    return _is_int(value) and abs(value) < _MAX_INT  # type: ignore[arg-type]  # Narrowed by the first half.


def _check(holds: bool, field: str, complaint: str) -> None:
    if not holds:
        raise InvalidInput("invalid_design", f"`{field}` {complaint}.", field=field)
