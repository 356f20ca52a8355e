"""More data, or a bigger network?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from layerlab.domain.metric import Metric
from layerlab.domain.study import Purpose, Trial
from layerlab.domain.table_shape import TableShape
from layerlab.domain.verdict import CurveStep, Relation
from services.scheduler.analysis.ablation import ONE_INTERVAL, changed_winners
from services.scheduler.analysis.finalists import Finalist, scores_of
from services.scheduler.analysis.judging import Court, Paired, compare_scores
from services.scheduler.analysis.scores import natural_interval
from services.scheduler.analysis.wording import say_difference


def find_curve(
    court: Court,
    named: Mapping[str, Finalist],
    trials: Sequence[Trial],
    table: TableShape | None,
) -> tuple[CurveStep, ...]:
    """Of each contender that was trained on a part of the rows, few rows first; the last step is
    all rows, over the same repeats."""
    steps = []
    for name, finalist in named.items():
        parts = _parts(finalist, trials, court.metric)
        if not parts:
            continue
        used = set.union(*(set(each) for each in parts.values()))
        whole = {each: score for each, score in finalist.scores.items() if each in used}
        for share, scores in (*sorted(parts.items()), (1.0, whole)):
            if scores:
                steps.append(_step(court, name, share, list(scores.values()), table))
    return tuple(steps)


@dataclass(frozen=True, slots=True)
class RowGain:
    """All rows against a `share` of them."""

    share: float
    paired: Paired


def gain_of_rows(court: Court, finalist: Finalist, trials: Sequence[Trial]) -> RowGain | None:
    """All rows against the largest part of them that was tried; None: no part was."""
    parts = _parts(finalist, trials, court.metric)
    if not parts:
        return None
    share, part = max(parts.items(), key=lambda each: each[0])
    shared = [each for each in part if each in finalist.scores]
    return RowGain(
        share,
        compare_scores(
            court,
            [finalist.scores[each] for each in shared],
            [part[each] for each in shared],
            ONE_INTERVAL,
        ),
    )


def does_size_help(court: Court, winner: Finalist, trials: Sequence[Trial]) -> bool | None:
    """Whether the winner with more hidden units is better than it is. None: none was tried."""
    assert winner.design is not None
    units = sum(winner.design.hidden)
    tried = [
        effect.relation
        for design, effect in changed_winners(court, winner, trials)
        if effect.field == "hidden" and sum(design.hidden) > units and effect.interval
    ]
    return any(each is Relation.BEATS for each in tried) if tried else None


def advise(metric: Metric, rows: RowGain | None, size: bool | None) -> str:
    """In words, each of which an interval stands behind. Empty: nothing was tried."""
    said = []
    paired = rows.paired if rows else None
    if rows and paired and paired.interval and paired.difference is not None:
        words = say_difference(metric, paired.difference, paired.interval, paired.repeats)
        helps = "helps" if paired.relation is Relation.BEATS else "does not measurably help"
        said.append(
            f"more data {helps}: all rows against {100 * rows.share:.0f} % of them make {words}"
        )
    if size is not None:
        said.append(f"a bigger network {'helps' if size else 'does not measurably help'}")
    return "; ".join(said)


def _parts(
    finalist: Finalist, trials: Sequence[Trial], metric: Metric
) -> dict[float, dict[int, float]]:
    """Utilities by share and repeat; without shares that have none."""
    by_share: dict[float, list[Trial]] = {}
    for trial in trials:
        if trial.purpose is Purpose.ROWS and trial.design == finalist.design and trial.share < 1:
            by_share.setdefault(trial.share, []).append(trial)
    found = {share: scores_of(each, metric)[0] for share, each in by_share.items()}
    return {share: scores for share, scores in sorted(found.items()) if scores}


def _step(
    court: Court, name: str, share: float, utilities: Sequence[float], table: TableShape | None
) -> CurveStep:
    learning = table.train_rows + table.val_rows if table else 0
    estimate = court.estimate(utilities)
    return CurveStep(
        name=name,
        share=share,
        rows=round(share * learning * (court.folds - 1) / court.folds),
        repeats=len(utilities),
        mean=court.metric.utility(estimate.mean),
        interval=natural_interval(court.metric, estimate),
    )
