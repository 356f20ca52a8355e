"""Another tool's trials as designs: what the parameters of an Optuna study mean here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from layerlab.domain.design import DESIGN_FIELDS, Design, parse_field
from layerlab.domain.problem import InvalidInput

# What people call them.
_NAMES: Final = {
    "lr": "learning_rate",
    "learningrate": "learning_rate",
    "learning_rate_init": "learning_rate",
    "batch": "batch_size",
    "batchsize": "batch_size",
    "dropout_rate": "dropout",
    "act": "activation",
    "activation_function": "activation",
    "opt": "optimizer",
    "optimizer_name": "optimizer",
    "optim": "optimizer",
    "wd": "weight_decay",
    "l2": "weight_decay",
    "alpha": "weight_decay",
    "normalization": "norm",
    "hidden_layer_sizes": "hidden",
    "layers": "hidden",
}
_DEPTHS: Final = ("n_layers", "num_layers", "n_hidden_layers", "n_hidden", "depth")
_SAME_WIDTH: Final = ("n_units", "units", "width", "hidden_size", "hidden_dim", "n_hidden_units")
_WIDTH: Final = re.compile(
    r"(?:n_units_l|n_units_|n_units_layer_?|units_l?|width_|hidden_|layer_|num_units_?)(\d+)"
)
_VALUES: Final[Mapping[str, Mapping[str, str]]] = {
    "activation": {"swish": "silu", "logistic": "sigmoid"},
    "norm": {
        "batchnorm": "batch",
        "batch_norm": "batch",
        "layernorm": "layer",
        "layer_norm": "layer",
    },
}


@dataclass(frozen=True, slots=True)
class Reading:
    """Designs, best first, each once; parameters that mean nothing here, and how many trials have
    values that no design has, with the first complaint.
    """

    designs: tuple[Design, ...]
    unread: tuple[str, ...]
    refused: int = 0
    complaint: str = ""


def read_trials(trials: Iterable[Mapping[str, Any]]) -> Reading:
    """The designs of trials, given their parameters, best first."""
    designs: dict[Design, None] = {}
    unread: dict[str, None] = {}
    complaints: list[str] = []
    for parameters in trials:
        try:
            design, left = design_of(parameters)
        except InvalidInput as error:
            complaints.append(error.detail)
            continue
        designs[design] = None
        unread.update(dict.fromkeys(left))
    first = complaints[0] if complaints else ""
    return Reading(tuple(designs), tuple(sorted(unread)), len(complaints), first)


def design_of(parameters: Mapping[str, Any]) -> tuple[Design, tuple[str, ...]]:
    """The design, and the names of the parameters that mean nothing here.

    :raises InvalidInput: a value that no design has; no parameter says how wide its layers are.
    """
    try:
        return _design_of(parameters)
    except (TypeError, ValueError) as error:
        raise InvalidInput("no_design", f"A parameter is no number: {error}.") from error


def _design_of(parameters: Mapping[str, Any]) -> tuple[Design, tuple[str, ...]]:
    plain = {name.strip().lower().replace("-", "_"): value for name, value in parameters.items()}
    layers, used = _layers(plain)
    values: dict[str, Any] = {} if layers is None else {"hidden": tuple(layers)}
    unread: list[str] = []
    for name, value in plain.items():
        if name in used:
            continue
        field = _NAMES.get(name, name)
        if field in DESIGN_FIELDS and field not in values:
            values[field] = parse_field(field, _value(field, value))
        else:
            unread.append(name)
    if "hidden" not in values:
        raise InvalidInput(
            "no_layers", f"No parameter says how wide the layers are: {', '.join(sorted(plain))}."
        )
    return Design(**values), tuple(unread)


def _layers(plain: Mapping[str, Any]) -> tuple[list[int] | None, set[str]]:
    """Widths, and the parameters that say them."""
    widths = {
        int(match[1]): (name, plain[name]) for name in plain if (match := _WIDTH.fullmatch(name))
    }
    depth = next((name for name in _DEPTHS if name in plain), None)
    same = next((name for name in _SAME_WIDTH if name in plain), None)
    used = {name for name, _ in widths.values()} | {name for name in (depth,) if name}
    if widths:
        ordered = [width for _, (_, width) in sorted(widths.items())]
        return [int(each) for each in ordered[: int(plain[depth]) if depth else None]], used
    if same is not None:
        return [int(plain[same])] * (int(plain[depth]) if depth else 1), {*used, same}
    return (None, set()) if depth is None or plain[depth] else ([], used)


def _value(field: str, value: Any) -> Any:
    if isinstance(value, str):
        text = value.strip().lower()
        if field == "hidden":
            return [int(each) for each in re.findall(r"\d+", text)]
        return _VALUES.get(field, {}).get(text, text)
    if field == "hidden" and isinstance(value, int):
        return [value]
    if field == "batch_size" and isinstance(value, float) and value.is_integer():
        return int(value)
    return value
