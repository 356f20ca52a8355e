"""Of which lanes the weights are wanted: those that are among the study's best."""

from __future__ import annotations

from collections.abc import Sequence

from layerlab.domain.metric import Metric
from layerlab.domain.study import Standing, TrialEnd
from layerlab.domain.trial import TrialState
from services.trainer.engine import Ended


class KeptModels:
    """The best `keep` lanes of a job that beat `bar`: the last of the study's `keep` best trials so
    far; None: there are not so many."""

    def __init__(self, bar: Standing | None, keep: int, metric: Metric) -> None:
        self._bar, self._keep, self._metric = bar, keep, metric
        self._best: list[Standing] = []

    def take(self, ended: Sequence[Ended]) -> list[Ended]:
        """Those of them whose weights are wanted, best first."""
        places = {each.end.number: standing_of(each.end, self._metric) for each in ended}
        found = [place for place in places.values() if place and place.beats(self._bar)]
        ranked = sorted([*self._best, *found], key=lambda place: place.rank)
        self._best = ranked[: self._keep]
        wanted = {place.number: place for place in self._best if place in found}
        chosen = [each for each in ended if each.end.number in wanted and each.weights is not None]
        return sorted(chosen, key=lambda each: wanted[each.end.number].rank)


def standing_of(end: TrialEnd, metric: Metric) -> Standing | None:
    """None unless it has succeeded with a score."""
    if end.state is not TrialState.SUCCEEDED or end.score_val is None:
        return None
    return Standing(metric.utility(end.score_val), end.n_params or 0, end.number)
