"""Where outputs are right and where they are wrong: pure functions of arrays.

scikit-learn has the same figures, but the training child does without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from layerlab.domain.dataset import Task
from layerlab.domain.evaluation import (
    MAX_CLASSES,
    MAX_CURVES,
    MAX_POINTS,
    MAX_RESIDUALS,
    EvaluatedRows,
    Evaluation,
    Residuals,
    RocCurve,
)
from services.trainer.scoring import area_under_roc, log_sums, r2_score, target_sums

if TYPE_CHECKING:
    from services.trainer.engine import Floats, Targets

_Doubles: TypeAlias = NDArray[np.float64]
_Counts: TypeAlias = NDArray[np.int64]
# The same rows of a table are shown for all of its trials.
_SEED: Final = 20150906
# Digits that float32 has; a chart shows fewer, and each costs room.
_DIGITS: Final = 7
_SHARE_DECIMALS: Final = 6


@dataclass(frozen=True, slots=True)
class Target:
    """What the numbers of a target mean: `classes` by number, or its own units."""

    classes: tuple[str, ...] = ()
    mean: float = 0.0
    scale: float = 1.0


def evaluate(
    part: EvaluatedRows,
    target: Target,
    targets: Targets,
    outputs: Floats,
    beat: Callable[[], None] = lambda: None,
) -> Evaluation:
    """`outputs` [rows, n_outputs]: logits, or standardized values, of `targets` [rows].

    :raises ValueError: for outputs that are not finite.
    """
    if not np.isfinite(outputs).all():
        raise ValueError("the outputs are not all finite")
    rows = len(targets)
    if not target.classes:
        residuals = residuals_of(targets, outputs, target)
        return Evaluation(part, Task.REGRESSION, rows, residuals=residuals)
    classes = np.asarray(targets, np.int64)
    names, merged, confusion = confusion_of(classes, outputs.argmax(1), target.classes)
    beat()
    curves = tuple(_curves(classes, outputs, target.classes, beat))
    return Evaluation(part, Task.CLASSIFICATION, rows, names, merged, confusion, curves)


def confusion_of(
    classes: _Counts, guesses: NDArray[np.integer], names: Sequence[str]
) -> tuple[tuple[str, ...], int, tuple[tuple[int, ...], ...]]:
    """Names, how many classes the last of them stands for (0: one), and counts of rows.

    Of too many classes those that the fewest rows have are counted together.
    """
    kept = np.arange(len(names))
    merged = 0
    if len(names) > MAX_CLASSES:
        kept = np.sort(_most_frequent(classes, len(names))[: MAX_CLASSES - 1])
        merged = len(names) - len(kept)
    places = np.full(len(names), len(kept))
    places[kept] = np.arange(len(kept))
    size = len(kept) + (merged > 0)
    cells = places[classes] * size + places[guesses]
    counts = np.bincount(cells, minlength=size * size).reshape(size, size)
    shown = [names[place] for place in kept.tolist()]
    if merged:
        shown.append(f"{merged} rarer classes")
    return tuple(shown), merged, tuple(tuple(row) for row in counts.tolist())


def _curves(
    classes: _Counts, logits: Floats, names: Sequence[str], beat: Callable[[], None]
) -> Iterator[RocCurve]:
    """Of two classes the second's, else of the most frequent ones; none where there is but one."""
    if len(names) == 2:
        # The odds, which order rows as probabilities do, but never round to 1.
        odds = logits[:, 1].astype(np.float64) - logits[:, 0]
        chosen = [(1, odds)]
    else:
        tops = log_sums(logits)
        frequent = _most_frequent(classes, len(names))[:MAX_CURVES]
        chosen = ((int(k), logits[:, k] - tops) for k in frequent)  # type: ignore[assignment]
    for number, values in chosen:
        beat()
        curve = roc_curve(names[number], values, classes == number)
        if curve:
            yield curve


def roc_curve(name: str, values: _Doubles, wanted: NDArray[np.bool_]) -> RocCurve | None:
    """Of rows with these `values`, the higher the likelier `wanted`. None without both kinds."""
    area = area_under_roc(values, wanted)
    if area is None:
        return None
    order = np.argsort(-values, kind="stable")
    ranked = values[order]
    # A threshold lets through all rows of one value, or none.
    ends = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)
    found = np.append(0, np.cumsum(wanted[order])[ends])
    others = np.append(0, ends + 1) - found
    fpr, tpr = others / others[-1], found / found[-1]
    shown = thinned(fpr, tpr)
    return RocCurve(name, area, _shares(fpr[shown]), _shares(tpr[shown]))


def thinned(fpr: _Doubles, tpr: _Doubles) -> _Counts:
    """Which points of a curve to show: both ends, and what lies at equal steps along it between
    them, so that steep and flat parts are shown alike."""
    if len(fpr) <= MAX_POINTS:
        return np.arange(len(fpr))
    along = fpr + tpr
    return np.unique(np.searchsorted(along, np.linspace(0.0, along[-1], MAX_POINTS)))


def residuals_of(targets: Targets, outputs: Floats, target: Target) -> Residuals:
    """Figures over all rows, in the target's own units, and some of the rows."""
    actual = np.asarray(targets, np.float64)
    predicted = outputs[:, 0].astype(np.float64)
    errors, rows = predicted - actual, len(actual)
    squared = float(np.square(errors).sum())
    drawn = np.arange(rows)
    if rows > MAX_RESIDUALS:
        drawn = np.sort(np.random.default_rng(_SEED).choice(rows, MAX_RESIDUALS, replace=False))
    return Residuals(
        _own_units(actual[drawn], target),
        _own_units(predicted[drawn], target),
        mae=float(np.abs(errors).mean()) * target.scale,
        rmse=float(np.sqrt(squared / rows)) * target.scale,
        r2=r2_score(squared, *target_sums(targets), rows),
    )


def _most_frequent(classes: _Counts, size: int) -> _Counts:
    """Numbers of classes; of equally frequent ones the lower first."""
    return np.argsort(-np.bincount(classes, minlength=size), kind="stable")


def _shares(values: _Doubles) -> tuple[float, ...]:
    return tuple(np.round(values, _SHARE_DECIMALS).tolist())


def _own_units(values: _Doubles, target: Target) -> tuple[float, ...]:
    own = values * target.scale + target.mean
    return tuple(float(f"{value:.{_DIGITS}g}") for value in own.tolist())
