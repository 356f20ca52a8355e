"""What the finals need to know of the search that is over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from layerlab.domain.design import Design
from layerlab.domain.footprint import epoch_work
from layerlab.domain.study import KEPT_MODELS, Study, Trial, standing
from services.scheduler.sizing import ORDINARY_TABLE

# A study of so many trials has one finalist more; two are few enough for any.
_TRIALS_PER_FINALIST: Final = 4
_LEAST_FINALISTS: Final = 2


@dataclass(frozen=True, slots=True)
class Searched:
    """`ranked`: the best trials of different designs, best first, as many as may be finalists.
    `work` of all trials, in operations (`footprint.epoch_work`), and what it took in `seconds` of
    wall time, all trainers together; 0: nobody has said. `epochs` of a design's training.
    """

    ranked: tuple[Trial, ...]
    work: float
    seconds: float
    epochs: Mapping[Design, int] = field(default_factory=dict)

    def lane_work(self, study: Study, design: Design, like: Design) -> float:
        """What training `design` once more is expected to take: as many epochs as `like`."""
        epochs = self.epochs.get(design) or self.epochs.get(like) or study.spec.budget.max_epochs
        return epochs * epoch_work(design, study.table or ORDINARY_TABLE)


def look_back(study: Study, trials: Iterable[Trial], until: datetime | None = None) -> Searched:
    """`trials` of the search; those that ended after `until` came too late."""
    table, work = study.table or ORDINARY_TABLE, 0.0
    starts: list[datetime] = []
    ends: list[datetime] = []
    trained = [trial for trial in trials if trial.state.is_terminal and _is_in_time(trial, until)]
    for trial in trained:
        work += trial.epochs * epoch_work(trial.design, table)
        if trial.started_at and trial.ended_at:
            starts.append(trial.started_at)
            ends.append(trial.ended_at)
    seconds = (max(ends) - min(starts)).total_seconds() if ends else 0.0
    ranked = _rank(study, trained)
    epochs = {trial.design: trial.epochs for trial in ranked if trial.epochs}
    return Searched(ranked, work, seconds, epochs)


def _is_in_time(trial: Trial, until: datetime | None) -> bool:
    return until is None or trial.ended_at is None or trial.ended_at <= until


def _rank(study: Study, trials: list[Trial]) -> tuple[Trial, ...]:
    """Those whose weights are kept, if any: only these can be tested."""
    metric = study.spec.metric
    placed = [(place.rank, trial) for trial in trials if (place := standing(trial, metric))]
    kept = [each for each in placed if each[1].has_model] or placed
    best: dict[Design, Trial] = {}
    for _, trial in sorted(kept, key=lambda each: each[0]):
        best.setdefault(trial.design, trial)
    wanted = min(KEPT_MODELS, max(_LEAST_FINALISTS, len(trials) // _TRIALS_PER_FINALIST))
    return tuple(best.values())[:wanted]
