"""Search spaces for users who have none of their own, sized to the table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from layerlab.domain.dataset import FEATURE_KINDS, ColumnKind, Dataset
from layerlab.domain.design import MAX_LAYERS, Activation, Norm, Optimizer, Schedule
from layerlab.domain.problem import InvalidInput
from layerlab.domain.recipe import RecipeName
from layerlab.domain.space import (
    DEFAULT_SPACE,
    IMPLIED_CONDITIONS,
    Choice,
    FieldSpace,
    Layers,
    Range,
    SearchSpace,
)

DEFAULT_PRESET: Final = "balanced"
_THOROUGH: Final = "thorough"
# There is no way around a single layer. Up to the most, since users bring layers of their own.
_DEEP: Final = {"n_layers": tuple(range(2, MAX_LAYERS + 1))}


def preset_space(
    name: str,
    rows: int,
    recipe: RecipeName | None = None,
    *,
    has_missing: bool = False,
    has_categories: bool = False,
) -> SearchSpace:
    """The space of a preset for a table of `rows` rows, whose features have missing cells, or some
    of which are categories.

    `recipe`: what the user has settled, so that it is left as it is; None: presets may vary it.

    :raises InvalidInput: `unknown_preset`.
    """
    if name not in PRESETS:
        raise InvalidInput(
            "unknown_preset",
            f"There is no preset {name!r}.",
            hint=f"Presets are: {', '.join(PRESETS)}.",
            field="preset",
        )
    space = PRESETS[name](rows)
    fields = dict(space.fields)
    if recipe is not None:
        fields["recipe"] = _choice(None)
    if name == _THOROUGH:
        # A choice that changes nothing would only make equal designs look different.
        if has_missing:
            fields["missing_indicators"] = _choice(False, True)
        if has_categories:
            fields["group_rare"] = _choice(False, True)
    return SearchSpace(fields)


def preset_space_for(
    name: str,
    dataset: Dataset,
    target: str,
    kinds: Mapping[str, ColumnKind],
    recipe: RecipeName | None = None,
) -> SearchSpace:
    """The space of a preset for a dataset's features; `kinds` are the user's corrections.

    :raises InvalidInput: `unknown_preset`.
    """
    features = [
        (each, kind)
        for each in dataset.columns
        if each.name != target and (kind := kinds.get(each.name, each.kind)) in FEATURE_KINDS
    ]
    return preset_space(
        name,
        dataset.rows,
        recipe,
        has_missing=any(each.missing for each, _ in features),
        has_categories=any(kind is ColumnKind.CATEGORY for _, kind in features),
    )


def _batch_sizes(rows: int, wide: bool) -> FieldSpace:
    """About 20 to 200 steps an epoch: fewer learn slowly, more only cost time."""
    for limit, sizes in ((2_000, (16, 32, 64)), (20_000, (64, 128)), (200_000, (256, 512))):
        if rows < limit:
            return _choice(*(sizes if wide else sizes[-2:-1] if len(sizes) > 2 else sizes[:1]))
    return _choice(*((1024, 2048, 4096) if wide else (1024,)))


def _quick(rows: int) -> SearchSpace:
    return _space(
        {
            "hidden": FieldSpace(Layers(1, 3, (16, 32, 64, 128))),
            "activation": _choice(Activation.RELU, Activation.TANH),
            "norm": _choice(Norm.NONE, Norm.BATCH),
            "dropout": _choice(0.0, 0.1, 0.2),
            "residual": _choice(False),
            "optimizer": _choice(Optimizer.ADAM),
            "learning_rate": FieldSpace(Range(1e-3, 2e-2, log=True)),
            "weight_decay": _choice(0.0),
            "batch_size": _batch_sizes(rows, wide=False),
        }
    )


def _balanced(rows: int) -> SearchSpace:
    return _space(
        {
            "hidden": FieldSpace(Layers(1, 4, (16, 32, 64, 128, 256))),
            "activation": _choice(
                Activation.RELU, Activation.TANH, Activation.GELU, Activation.SILU
            ),
            "norm": _choice(Norm.NONE, Norm.BATCH, Norm.LAYER),
            "dropout": _choice(0.0, 0.1, 0.25),
            "residual": FieldSpace(Choice((False, True)), _DEEP),
            "optimizer": _choice(Optimizer.ADAM, Optimizer.ADAMW),
            "learning_rate": FieldSpace(Range(5e-4, 2e-2, log=True)),
            "weight_decay": FieldSpace(
                Range(1e-5, 1e-1, log=True), {"optimizer": (Optimizer.ADAMW,)}
            ),
            "batch_size": _batch_sizes(rows, wide=False),
            "recipe": _choice(RecipeName.PAPER, RecipeName.STANDARD),
        }
    )


def _thorough(rows: int) -> SearchSpace:
    return _space(
        {
            "hidden": FieldSpace(Layers(1, 6, (8, 16, 32, 64, 128, 256, 512))),
            "activation": _choice(*Activation),
            "norm": _choice(*Norm),
            "dropout": FieldSpace(Range(0.0, 0.5)),
            "residual": FieldSpace(Choice((False, True)), _DEEP),
            "optimizer": _choice(*Optimizer),
            "learning_rate": FieldSpace(Range(1e-4, 5e-2, log=True)),
            "weight_decay": FieldSpace(Range(1e-6, 1e-1, log=True)),
            "batch_size": _batch_sizes(rows, wide=True),
            "momentum": FieldSpace(Choice((0.0, 0.5, 0.9)), IMPLIED_CONDITIONS["momentum"]),
            # Of 32 `balanced` designs and 60 epochs, the five best gained 1 % accuracy by a falling
            # rate on 4,000 rows of the letter data, and nothing on three smaller tables, of which
            # the best epoch is an early one. So the other presets do without.
            "schedule": _choice(Schedule.CONSTANT, Schedule.COSINE),
            "warmup_epochs": FieldSpace(Choice((0.0, 3.0)), {"schedule": (Schedule.COSINE,)}),
            "recipe": _choice(*RecipeName),
        }
    )


PRESETS: Final[Mapping[str, Callable[[int], SearchSpace]]] = {
    "quick": _quick,
    "balanced": _balanced,
    _THOROUGH: _thorough,
}


def _space(fields: Mapping[str, FieldSpace]) -> SearchSpace:
    """What is left out keeps its default."""
    return SearchSpace({**DEFAULT_SPACE.fields, **fields})


def _choice(*values: object) -> FieldSpace:
    return FieldSpace(Choice(values))
