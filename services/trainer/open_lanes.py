"""What a trainer knows of the lanes of its cohort that have not ended."""

from __future__ import annotations

from collections.abc import Iterable

from layerlab.domain.study import Proposal, TrialEnd
from layerlab.domain.trial import FailureReason, TrialState
from services.trainer.messages import Progress


class OpenLanes:
    """Lanes by number, with the epochs that each has trained."""

    def __init__(self, lanes: Iterable[Proposal]) -> None:
        self._epochs = {lane.number: 0 for lane in lanes}

    def note(self, progress: Progress) -> None:
        for report in progress.reports:
            if report.number in self._epochs:
                self._epochs[report.number] = report.epoch
        for end in progress.ends:
            self._epochs.pop(end.number, None)

    def out_of_time(self, limit_seconds: float) -> tuple[TrialEnd, ...]:
        """How they end when their cohort has trained for so long: it would again."""
        detail = f"Its cohort has trained for {limit_seconds:g} s, the limit of its trainer."
        return tuple(
            TrialEnd(
                number,
                TrialState.FAILED,
                FailureReason.TRIAL_TIMEOUT,
                detail=detail,
                epochs=epochs,
                fit_time_seconds=limit_seconds,
            )
            for number, epochs in self._epochs.items()
        )

    def overtaken(self) -> tuple[TrialEnd, ...]:
        """How they end when the study's time was over before they could be asked for more. Their
        weights are lost, so that none of them can be the study's best."""
        detail = "The study's time budget was over in the midst of an epoch."
        return self.cancelled(detail)

    def cancelled(self, detail: str) -> tuple[TrialEnd, ...]:
        """How they end when nothing more comes of them."""
        return tuple(
            TrialEnd(number, TrialState.CANCELLED, detail=detail, epochs=epochs)
            for number, epochs in self._epochs.items()
        )
