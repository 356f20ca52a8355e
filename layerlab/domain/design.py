"""A design: one network and how to train it."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

from layerlab.domain.json_value import JsonObject, JsonValue, canonical
from layerlab.domain.problem import InvalidInput
from layerlab.domain.recipe import RecipeName


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


class Schedule(StrEnum):
    """How the learning rate goes on after the warm-up. `Design` has the formulas."""

    CONSTANT = "constant"
    COSINE = "cosine"
    LINEAR = "linear"
    EXPONENTIAL = "exponential"


class ClassWeight(StrEnum):
    """How much a training row counts in the loss, by its class. `Design` has the formula."""

    NONE = "none"
    BALANCED = "balanced"


MAX_LAYERS: Final = 16
MAX_WIDTH: Final = 4096
MAX_BATCH_SIZE: Final = 65536
MAX_WARMUP_EPOCHS: Final = 10_000
DEFAULT_MOMENTUM: Final = 0.9
_MAX_INT: Final = 2**63


@dataclass(frozen=True, slots=True)
class Design:
    """Widths of the hidden layers, first layer first, and everything else that is chosen.

    A hidden layer is: linear, then `norm`, then `activation`, then `dropout`; with `residual`,
    a layer whose input is as wide as its output adds its input to that. No hidden layer at all
    is a linear model. `momentum` is that of `sgd`, without Nesterov's look ahead; the other
    optimizers have none of it. `weight_decay` is decoupled for `adamw` and an L2 term in the
    gradient for the others; it never touches biases and norms.

    Step t (from 0) of the T = `max_epochs` x steps per epoch that the study allows has the rate
    `learning_rate` x factor. With W = `warmup_epochs` x steps per epoch and, after the warm-up,
    p = (t - W) / (T - W):

    - warm-up, t < W: t / W (Goyal et al. 2017, section 2.2);
    - `constant`: 1;
    - `cosine`: (1 + cos(pi p)) / 2 (Loshchilov and Hutter 2017, eq. 5, one period, down to 0);
    - `linear`: 1 - p;
    - `exponential`: 0.01^p; that it ends at 1 % is our choice.

    These are Keras 3's `CosineDecay` (with its warm-up), `PolynomialDecay` of power 1 and
    `ExponentialDecay`. A lane that ends early has seen only the beginning of its schedule.

    `class_weight` is for classification. `balanced`: a row of class c counts
    n / (k n_c) in the training loss, where n rows have k different classes and n_c of them are of
    class c (scikit-learn's "balanced"; King and Zeng 2001). The loss of a batch is the sum of the
    weighted losses of its rows / their number, as in Keras. Validation isn't weighted.

    `recipe` is how features are prepared; None: as the study says. `missing_indicators`: a column
    with missing cells has a second input, 1 where a cell is missing. `group_rare`: categories of
    less than 1 % of the training rows share one input.

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
    momentum: float = DEFAULT_MOMENTUM
    schedule: Schedule = Schedule.CONSTANT
    warmup_epochs: float = 0.0
    class_weight: ClassWeight = ClassWeight.NONE
    recipe: RecipeName | None = None
    missing_indicators: bool = False
    group_rare: bool = False

    def __post_init__(self) -> None:
        # A study has thousands; what is wrong with a value is put in words only then.
        if len(self.hidden) > MAX_LAYERS:
            raise _invalid("hidden", f"has more than {MAX_LAYERS} hidden layers")
        for width in self.hidden:
            if not (_is_int(width) and 1 <= width <= MAX_WIDTH):
                raise _invalid("hidden", f"has a width outside 1 to {MAX_WIDTH}: {width!r}")
        if not (_is_number(self.dropout) and 0.0 <= self.dropout < 1.0):
            raise _invalid("dropout", f"must be at least 0 and below 1, not {self.dropout!r}")
        for name in ("residual", *_SWITCHES):
            if not isinstance(getattr(self, name), bool):
                raise _invalid(name, "must be true or false")
        if not (_is_number(self.learning_rate) and 0.0 < self.learning_rate <= 10.0):
            complaint = f"must be above 0 and at most 10, not {self.learning_rate!r}"
            raise _invalid("learning_rate", complaint)
        if not (_is_number(self.weight_decay) and 0.0 <= self.weight_decay <= 10.0):
            raise _invalid("weight_decay", f"must be 0 to 10, not {self.weight_decay!r}")
        if not (_is_int(self.batch_size) and 1 <= self.batch_size <= MAX_BATCH_SIZE):
            complaint = f"must be a whole number from 1 to {MAX_BATCH_SIZE}"
            raise _invalid("batch_size", f"{complaint}, not {self.batch_size!r}")
        if not (_is_number(self.momentum) and 0.0 <= self.momentum < 1.0):
            raise _invalid("momentum", f"must be at least 0 and below 1, not {self.momentum!r}")
        if not (_is_number(self.warmup_epochs) and 0.0 <= self.warmup_epochs <= MAX_WARMUP_EPOCHS):
            complaint = f"must be 0 to {MAX_WARMUP_EPOCHS}, not {self.warmup_epochs!r}"
            raise _invalid("warmup_epochs", complaint)

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
            "momentum": self.momentum,
            "schedule": self.schedule.value,
            "warmup_epochs": self.warmup_epochs,
            "class_weight": self.class_weight.value,
            "recipe": self.recipe and self.recipe.value,
            "missing_indicators": self.missing_indicators,
            "group_rare": self.group_rare,
        }

    @classmethod
    def from_json(cls, value: JsonObject) -> Design:
        """:raises InvalidInput: naming the field that is unknown, missing or out of range."""
        if not value.keys() <= _NAMES:
            unknown = min(value.keys() - _NAMES)
            raise _invalid(unknown, "is not a field of a design")
        if "hidden" not in value:
            raise _invalid("hidden", "is missing")
        return build_design({name: parse_field(name, each) for name, each in value.items()})


DESIGN_FIELDS: Final = tuple(Design.__dataclass_fields__)
_NAMES: Final = frozenset(DESIGN_FIELDS)
_ENUMS: Final[Mapping[str, type[StrEnum]]] = {
    "activation": Activation,
    "norm": Norm,
    "optimizer": Optimizer,
    "schedule": Schedule,
    "class_weight": ClassWeight,
    "recipe": RecipeName,
}
_SWITCHES: Final = ("missing_indicators", "group_rare")


def build_design(values: Mapping[str, object]) -> Design:
    """:raises InvalidInput: naming the field that is out of range; the types are the caller's."""
    return Design(**values)  # type: ignore[arg-type]  # One field each, by its name.


def parse_field(name: str, value: JsonValue) -> object:
    """The Python value of one design field from its JSON value.

    Ranges are checked by `Design` itself; this only settles the type.

    :raises InvalidInput: naming the field.
    """
    return _PARSERS.get(name, _parse_number)(name, value)


def _parse_hidden(name: str, value: JsonValue) -> tuple[int, ...]:
    if not isinstance(value, (list, tuple)):
        raise _invalid(name, "must be a list of widths")
    if not all(_is_int(each) for each in value):
        raise _invalid(name, "must be a list of whole numbers")
    return tuple(value)


def _parse_recipe(name: str, value: JsonValue) -> StrEnum | None:
    return None if value is None else _parse_enum(name, value)


def _parse_switch(name: str, value: JsonValue) -> bool:
    if not isinstance(value, bool):
        raise _invalid(name, f"must be true or false, not {value!r}")
    return value


def _parse_whole(name: str, value: JsonValue) -> JsonValue:
    if not _is_int(value):
        raise _invalid(name, f"must be a whole number, not {value!r}")
    return value


def _parse_number(name: str, value: JsonValue) -> float:
    if not _is_number(value):
        raise _invalid(name, f"must be a finite number, not {value!r}")
    assert isinstance(value, (int, float))
    return float(value)


def _parse_enum(name: str, value: JsonValue) -> StrEnum:
    kind = _ENUMS[name]
    # A study has thousands of designs; calling the class takes ten times as long.
    member = kind._value2member_map_.get(value) if isinstance(value, str) else None
    if isinstance(member, StrEnum):
        return member
    allowed = ", ".join(each.value for each in kind)
    raise _invalid(name, f"must be one of {allowed}, not {value!r}")


_PARSERS: Final[Mapping[str, Callable[[str, JsonValue], object]]] = {
    **dict.fromkeys(_ENUMS, _parse_enum),
    **dict.fromkeys(("residual", *_SWITCHES), _parse_switch),
    "hidden": _parse_hidden,
    "recipe": _parse_recipe,
    "batch_size": _parse_whole,
}


# Fields that designs have not always had. At their defaults they are left out of what a seed is
# made from, so that a design keeps its seed, and with it its result, from version to version.
_LATER_FIELDS: Final = (
    "momentum",
    "schedule",
    "warmup_epochs",
    "class_weight",
    "recipe",
    "missing_indicators",
    "group_rare",
)


def trial_seed(dataset_id: str, design: Design, repeat: int = 0) -> int:
    """The seed of a trial, from what it trains: not from when, where or beside whom it trains.

    At most 2^53 - 1, so that it survives JSON in a browser.
    """
    document = design.to_json()
    for name in _LATER_FIELDS:
        if document[name] == Design.__dataclass_fields__[name].default:
            del document[name]
    text = f"{dataset_id}\n{canonical(document)}\n{repeat}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 11


def _is_int(value: object) -> bool:
    # bool is a subclass of int, and `"batch_size": true` is a mistake.
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    # JSON's whole numbers have no limit; a float has.
    return _is_int(value) and abs(value) < _MAX_INT  # type: ignore[arg-type]  # Narrowed by the first half.


def _invalid(field: str, complaint: str) -> InvalidInput:
    return InvalidInput("invalid_design", f"`{field}` {complaint}.", field=field)
