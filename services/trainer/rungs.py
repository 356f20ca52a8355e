"""Which lanes end at a rung. The same for every engine."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from layerlab.domain.halving import Rung
from layerlab.domain.study import TrialEnd
from services.trainer.record import LaneRecord


def ends_at_rung(
    rungs: Sequence[Rung], epoch: int, running: Iterable[LaneRecord]
) -> list[TrialEnd]:
    """The ends of the weaker ones of the lanes that would go on after `epoch`; none without a rung.

    Lanes that have ended before don't count: a rung keeps so many of those that still train. A
    repeated attempt trains just the lanes that were kept, so it drops the same ones.
    """
    rung = next((each for each in rungs if each.epoch == epoch), None)
    if rung is None:
        return []
    ranked = sorted(running, key=_best_first)
    return [each.prune(rung, len(ranked)) for each in ranked[rung.keep :]]


def _best_first(record: LaneRecord) -> tuple[float, float, int, int]:
    """By the best epoch so far: score, then loss; then the smaller network, the earlier trial."""
    best = record.best
    score = record.utility(best)
    loss = math.inf if best is None or best.val_loss is None else best.val_loss
    return -score, loss, record.n_params, record.lane.number
