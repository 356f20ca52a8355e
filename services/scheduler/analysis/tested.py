"""How sure the once-touched test score is."""

from __future__ import annotations

import math
from typing import Final

from layerlab.domain.metric import Metric
from layerlab.domain.splitting import TEST_SHARE
from layerlab.domain.table_shape import TableShape
from layerlab.domain.verdict import Interval

_Z: Final = 1.959963984540054
"""Of the normal distribution: 95 % lie within."""


def count_test_rows(table: TableShape) -> int:
    """As many as the rows that learn and validate let expect."""
    learning = table.train_rows + table.val_rows
    return max(1, round(learning * TEST_SHARE / (1 - TEST_SHARE)))


def interval_of_test(metric: Metric, score: float, table: TableShape | None) -> Interval | None:
    """Wilson's 95 % interval (Wilson 1927; Brown, Cai and DasGupta 2001): of an accuracy alone,
    as other metrics' don't follow from score and rows."""
    if metric is not Metric.ACCURACY or table is None:
        return None
    rows = count_test_rows(table)
    shrink = 1 + _Z**2 / rows
    middle = (score + _Z**2 / (2 * rows)) / shrink
    reach = _Z * math.sqrt(score * (1 - score) / rows + _Z**2 / (4 * rows**2)) / shrink
    return Interval(max(0.0, middle - reach), min(1.0, middle + reach))
