"""Search spaces of every kind, as users write them, small enough to be listed."""

from __future__ import annotations

from hypothesis import strategies as st

from layerlab.domain.json_value import JsonValue
from layerlab.domain.presets import preset_space
from layerlab.domain.space import SearchSpace
from layerlab.domain.space_document import parse_space

BASE = preset_space("quick", 344)
_widths = st.lists(st.integers(1, 64), max_size=3)
_hidden = st.one_of(
    st.lists(_widths, min_size=1, max_size=4),
    st.builds(
        lambda low, more, width: {"layers": {"low": low, "high": low + more}, "width": width},
        st.integers(0, 2),
        st.integers(0, 2),
        st.lists(st.integers(1, 64), min_size=1, max_size=2),
    ),
)


def _some(values: list[JsonValue]) -> st.SearchStrategy[JsonValue]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=2)


_activation = _some(["relu", "tanh", "gelu"])
_norm = _some(["none", "batch", "layer"])
_optimizer = _some(["sgd", "adam", "adamw"])
_conditions = st.dictionaries(
    st.sampled_from(["n_layers", "activation", "norm"]), st.none(), max_size=2
).flatmap(
    lambda names: st.fixed_dictionaries(
        {
            name: st.lists(st.integers(0, 4), min_size=1, max_size=3)
            if name == "n_layers"
            else {"activation": _activation, "norm": _norm}[name]
            for name in names
        }
    )
)
_rates = st.builds(
    lambda low, times, log, points: {
        "low": low,
        "high": low * times,
        "log": log,
        "points": points,
    },
    st.floats(1e-5, 1e-2),
    st.floats(1.0, 100.0),
    st.booleans(),
    st.integers(1, 4),
)


def _conditional(plain: st.SearchStrategy[JsonValue]) -> st.SearchStrategy[JsonValue]:
    with_condition = st.builds(
        lambda values, when: {"choices": values, "when": when}, plain, _conditions
    )
    return plain | with_condition


documents: st.SearchStrategy[dict[str, JsonValue]] = st.fixed_dictionaries(
    {
        "hidden": _hidden,
        "activation": _activation,
        "norm": _norm,
        "residual": _conditional(_some([False, True])),
        "optimizer": _conditional(_optimizer),
        "dropout": _conditional(_some([0, 0.1, 0.25])),
        "learning_rate": _rates | _some([0.001, 0.01]),
        "weight_decay": _conditional(_some([0.0, 0.01])),
        "batch_size": st.sampled_from([[16], [16, 32], {"low": 16, "high": 64, "log": True}]),
        "momentum": _conditional(_some([0.0, 0.9])),
        "schedule": _some(["constant", "cosine"]),
        "warmup_epochs": _conditional(_some([0, 2.5])),
        "class_weight": _some(["none", "balanced"]),
    }
)


def space_of(document: dict[str, JsonValue]) -> SearchSpace:
    return parse_space(document, BASE)


spaces = documents.map(space_of)
