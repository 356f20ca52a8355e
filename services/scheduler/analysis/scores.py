"""Expected scores in the metric's own values."""

from __future__ import annotations

import math

from layerlab.domain.metric import Metric
from layerlab.domain.verdict import Interval
from services.scheduler.analysis.resampling import Estimate

_RANGES = {
    Metric.R2: (-math.inf, 1.0),
    Metric.LOG_LOSS: (0.0, math.inf),
    Metric.RMSE: (0.0, math.inf),
    Metric.MAE: (0.0, math.inf),
}


def natural_interval(metric: Metric, estimate: Estimate) -> Interval | None:
    """95 %, by itself, of the score whose utility is estimated; None: one repeat can't tell."""
    reach = estimate.reach(0.05)
    if not math.isfinite(reach):
        return None
    lowest, highest = _RANGES.get(metric, (0.0, 1.0))
    ends = sorted(metric.utility(estimate.mean + each) for each in (-reach, reach))
    return Interval(max(lowest, ends[0]), min(highest, ends[1]))
