"""A search space as users write it: JSON in, a SearchSpace out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from layerlab.domain.design import (
    DESIGN_FIELDS,
    MAX_LAYERS,
    build_design,
    parse_field,
)
from layerlab.domain.json_value import JsonObject, JsonValue
from layerlab.domain.problem import InvalidInput
from layerlab.domain.space import (
    CONDITION_FIELDS,
    DEFAULT_POINTS,
    DRAW_ORDER,
    IMPLIED_CONDITIONS,
    MAX_CHOICES,
    Choice,
    FieldSpace,
    Layers,
    Range,
    SearchSpace,
)

_RANGED: Final = (
    "dropout",
    "learning_rate",
    "weight_decay",
    "batch_size",
    "momentum",
    "warmup_epochs",
)


def parse_space(value: JsonObject, base: SearchSpace) -> SearchSpace:
    """The space that a user's document describes; a field it leaves out is taken from `base`.

    A field is a value, a list of choices, `{"low", "high", "log"?, "points"?}`, or for `hidden`
    `{"layers": {"low", "high"}, "width": […]}`. `{"choices": […], "when": {…}}` and a `when`
    beside a range make it conditional. `momentum` is `when` the optimizer is sgd, unless said
    otherwise.

    :raises InvalidInput: `invalid_space`, naming the field.
    """
    for name in value:
        _check(name in DESIGN_FIELDS, name, "is not a field of a design")
    given = {name: _parse_field_space(name, each) for name, each in value.items()}
    return SearchSpace({name: given.get(name, base.fields[name]) for name in DESIGN_FIELDS})


def _parse_field_space(name: str, value: JsonValue) -> FieldSpace:
    if not isinstance(value, Mapping):
        return FieldSpace(_parse_choice(name, value), IMPLIED_CONDITIONS.get(name, {}))
    when = {**IMPLIED_CONDITIONS.get(name, {}), **_parse_when(name, value.get("when", {}))}
    rest = {key: each for key, each in value.items() if key != "when"}
    if set(rest) == {"choices"}:
        return FieldSpace(_parse_choice(name, rest["choices"]), when)
    if name == "hidden":
        return FieldSpace(_parse_layers(rest), when)
    return FieldSpace(_parse_range(name, rest), when)


def _parse_choice(name: str, value: JsonValue) -> Choice:
    values = value if isinstance(value, (list, tuple)) else [value]
    _check(len(values) > 0, name, "has no choices")
    _check(len(values) <= MAX_CHOICES, name, f"has more than {MAX_CHOICES} choices")
    if name == "hidden":
        lists = all(isinstance(each, (list, tuple)) for each in values)
        _check(lists, name, "must be a list of lists of widths, such as [[64, 64], [128]]")
    return Choice(tuple(dict.fromkeys(_one_value(name, each) for each in values)))


def _one_value(name: str, value: JsonValue, within: str = "") -> object:
    try:
        parsed = parse_field(name, value)
        # The design knows the ranges of its fields.
        build_design({"hidden": (), name: parsed})
    except InvalidInput as error:
        place = f"space.{within or name}"
        raise InvalidInput("invalid_space", error.detail, field=place) from error
    return parsed


def _parse_range(name: str, value: JsonObject) -> Range:
    _check(name in _RANGED, name, "takes a list of choices, not a range")
    known = {"low", "high", "log", "points"}
    unknown = sorted(set(value) - known)
    _check(not unknown, name, f"has {unknown[0] if unknown else ''!r}, which a range has not")
    _check("low" in value and "high" in value, name, "needs `low` and `high`")
    low, high = _one_value(name, value["low"]), _one_value(name, value["high"])
    assert isinstance(low, (int, float))
    assert isinstance(high, (int, float))
    _check(low <= high, name, f"has a low of {low} above its high of {high}")
    log, points = value.get("log", False), value.get("points", DEFAULT_POINTS)
    _check(isinstance(log, bool), name, "needs `log` to be true or false")
    _check(not log or low > 0, name, "can't be logarithmic from 0 or below")
    _check(_is_count(points, MAX_CHOICES), name, f"needs `points` from 1 to {MAX_CHOICES}")
    assert isinstance(points, int)
    return Range(low, high, bool(log), integer=name == "batch_size", points=points)


def _parse_layers(value: JsonObject) -> Layers:
    name = "hidden"
    _check(
        set(value) == {"layers", "width"},
        name,
        'must be a list of lists of widths, or {"layers": {"low", "high"}, "width": […]}',
    )
    layers, widths = value["layers"], value["width"]
    _check(
        isinstance(layers, Mapping) and set(layers) == {"low", "high"},
        name,
        "needs `layers` with `low` and `high`",
    )
    assert isinstance(layers, Mapping)
    low, high = layers["low"], layers["high"]
    for each in (low, high):
        _check(_is_depth(each), name, f"can have 0 to {MAX_LAYERS} layers, not {each!r}")
    assert isinstance(low, int)
    assert isinstance(high, int)
    _check(low <= high, name, f"has a low of {low} layers above its high of {high}")
    _check(isinstance(widths, (list, tuple)) and len(widths) > 0, name, "needs a list `width`")
    assert isinstance(widths, (list, tuple))
    _check(len(widths) <= MAX_CHOICES, name, f"has more than {MAX_CHOICES} widths")
    parsed = tuple(dict.fromkeys(_one_value(name, [width]) for width in widths))
    return Layers(low, high, tuple(each[0] for each in parsed))  # type: ignore[index]  # Tuples of one width.


def _parse_when(name: str, value: JsonValue) -> dict[str, tuple[object, ...]]:
    _check(isinstance(value, Mapping), name, "needs `when` to be an object")
    assert isinstance(value, Mapping)
    conditions: dict[str, tuple[object, ...]] = {}
    for parent, allowed in value.items():
        known = parent in CONDITION_FIELDS and _comes_before(parent, name)
        _check(known, name, f"can't depend on {parent!r}")
        values = allowed if isinstance(allowed, (list, tuple)) else [allowed]
        _check(len(values) > 0, name, f"depends on {parent!r} without a value of it")
        if parent == "n_layers":
            complaint = "depends on `n_layers`, which takes whole numbers"
            _check(all(_is_depth(each) for each in values), name, complaint)
            conditions[parent] = tuple(dict.fromkeys(values))
        else:
            conditions[parent] = tuple(
                dict.fromkeys(_one_value(parent, each, within=name) for each in values)
            )
    return conditions


def _comes_before(parent: str, name: str) -> bool:
    parent = "hidden" if parent == "n_layers" else parent
    return DRAW_ORDER.index(parent) < DRAW_ORDER.index(name)


def _is_depth(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_LAYERS


def _is_count(value: object, limit: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= limit


def _check(holds: bool, field: str, complaint: str) -> None:
    if not holds:
        raise InvalidInput("invalid_space", f"`{field}` {complaint}.", field=f"space.{field}")
