"""What is known of a lane while it trains, and when it ends. The same for every engine."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

from layerlab.domain.halving import Rung
from layerlab.domain.metric import Metric
from layerlab.domain.study import EpochReport, Proposal, TrialEnd
from layerlab.domain.trial import FailureReason, StopReason, TrialState
from services.trainer.engine import Limits


@dataclass(slots=True)
class LaneRecord:
    """The best epoch so far, and how many there were."""

    lane: Proposal
    n_params: int
    metric: Metric
    started: float = field(default_factory=time.monotonic)
    epochs: int = 0
    best: EpochReport | None = None
    failed: bool = False
    _lowest_loss: float = math.inf
    _last_progress: int = 0
    _sign: float = field(init=False)

    def __post_init__(self) -> None:
        self._sign = self.metric.utility(1.0)

    def note(self, train_loss: float, val_loss: float, score: float) -> EpochReport:
        """Adds an epoch. `self.best` is its report if it is the best one."""
        self.epochs += 1
        report = EpochReport(
            number=self.lane.number,
            epoch=self.epochs,
            train_loss=_finite(train_loss),
            val_loss=_finite(val_loss),
            score_val=_finite(score),
            elapsed_seconds=time.monotonic() - self.started,
        )
        self.failed = report.train_loss is None or report.val_loss is None
        if not self.failed:
            self._follow(report)
        return report

    def _follow(self, report: EpochReport) -> None:
        assert report.val_loss is not None
        # On few rows the score of a slow learner stands still while its loss still falls; so
        # either of the two is progress, though only the score decides which epoch is the best.
        if report.val_loss < self._lowest_loss:
            self._lowest_loss, self._last_progress = report.val_loss, self.epochs
        if self.best is None or self._rank(report) > self._rank(self.best):
            self.best, self._last_progress = report, self.epochs

    def utility(self, report: EpochReport | None) -> float:
        """Higher is better; a score that there is not is the worst."""
        score = None if report is None else report.score_val
        return -math.inf if score is None else self._sign * score

    def _rank(self, report: EpochReport) -> tuple[float, float]:
        return (self.utility(report), -(report.val_loss or 0.0))

    @property
    def improved(self) -> bool:
        """Whether the latest epoch is the best one."""
        return self.best is not None and self.best.epoch == self.epochs

    def end(self, limits: Limits, stopped: bool = False) -> TrialEnd | None:
        """How the lane ends after its latest epoch; None if it goes on."""
        if self.failed:
            return self._failure()
        if self.epochs >= limits.max_epochs:
            return self.success(StopReason.MAX_EPOCHS)
        if stopped:
            return self._end(TrialState.PRUNED, stop_reason=StopReason.RUNG)
        if self.best and self.epochs - self._last_progress >= limits.patience:
            return self.success(StopReason.EARLY_STOPPING)
        if self.epochs == limits.stop_after:
            return self.success(StopReason.REPLAYED)
        return None

    def out_of_time(self) -> TrialEnd:
        """How the lane ends when the study's time is over."""
        if self.failed:
            return self._failure()
        if self.best:
            return self.success(StopReason.TIME_BUDGET)
        detail = "The study's time budget was over before it could be scored."
        return self._end(TrialState.CANCELLED, detail=detail)

    def prune(self, rung: Rung, running: int) -> TrialEnd:
        """How the lane ends at a rung, as one of the weaker ones of so many that were running."""
        detail = (
            f"Stopped at the rung after epoch {rung.epoch}: the best {rung.keep} of {running} "
            "lanes went on."
        )
        return self._end(TrialState.PRUNED, stop_reason=StopReason.RUNG, detail=detail)

    def success(self, reason: StopReason) -> TrialEnd:
        return self._end(TrialState.SUCCEEDED, stop_reason=reason)

    def _failure(self) -> TrialEnd:
        detail = f"The loss was not finite in epoch {self.epochs}; try a lower learning rate."
        return self._end(TrialState.FAILED, reason=FailureReason.NAN_LOSS, detail=detail)

    def _end(
        self,
        state: TrialState,
        reason: FailureReason | None = None,
        stop_reason: StopReason | None = None,
        detail: str = "",
    ) -> TrialEnd:
        scored = self.best if state is not TrialState.FAILED else None
        return TrialEnd(
            number=self.lane.number,
            state=state,
            reason=reason,
            stop_reason=stop_reason,
            detail=detail,
            score_val=scored.score_val if scored else None,
            val_loss=scored.val_loss if scored else None,
            best_epoch=scored.epoch if scored else None,
            epochs=self.epochs,
            fit_time_seconds=time.monotonic() - self.started,
            n_params=self.n_params,
        )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
