"""From a study's trials to its verdict."""

from __future__ import annotations

from collections.abc import Sequence

from layerlab.domain.spec import StudySpec
from layerlab.domain.study import Purpose, Trial
from layerlab.domain.table_shape import TableShape
from layerlab.domain.verdict import Outcome, Verdict
from services.scheduler.analysis.ablation import find_effects
from services.scheduler.analysis.finals import Finals, contenders_of, hold_finals
from services.scheduler.analysis.importances import find_importances
from services.scheduler.analysis.learning_curve import (
    advise,
    does_size_help,
    find_curve,
    gain_of_rows,
)
from services.scheduler.analysis.sentences import say_all, say_headline


def reach_verdict(
    spec: StudySpec,
    table: TableShape | None,
    trials: Sequence[Trial],
    is_final: bool,
    limits: Sequence[str] = (),
) -> Verdict:
    """What the trials that have ended say, those of all purposes; their order doesn't matter.

    A pure function: equal trials give an equal verdict. `limits`: what the caller knows was left
    out; what the trials themselves show is added. docs/verdict.md has the method.
    """
    trials = sorted(trials, key=lambda each: each.number)
    importances = find_importances(trials, spec.metric)
    finals = hold_finals(spec, table, trials, is_final)
    if finals is None:
        return Verdict(
            Outcome.NONE,
            spec.metric,
            is_final,
            round=0,
            winner=None,
            smallest=None,
            headline="no trial has succeeded",
            importances=importances,
            limits=tuple(limits),
        )
    court, winner = finals.court, finals.winner
    contenders = contenders_of(finals, table)
    effects = find_effects(court, winner, trials)
    advice = advise(
        spec.metric, gain_of_rows(court, winner, trials), does_size_help(court, winner, trials)
    )
    named = dict(zip(finals.names, finals.ruling.finalists, strict=True))
    return Verdict(
        outcome=finals.outcome,
        metric=spec.metric,
        is_final=is_final,
        round=finals.round,
        winner=finals.names[0],
        smallest=finals.smallest,
        contenders=contenders,
        survivors=finals.survivors,
        rivals=finals.rivals,
        baselines=finals.baselines,
        ablation=effects,
        importances=importances,
        learning_curve=find_curve(court, named, trials, table),
        headline=say_headline(finals, contenders[0], is_final),
        sentences=say_all(finals, contenders, effects, advice),
        advice=advice,
        limits=(*limits, *_limits(finals, trials)),
    )


def _limits(finals: Finals, trials: Sequence[Trial]) -> list[str]:
    said = []
    if finals.round == 0:
        said.append("One run each: no design was trained again, so there is no interval.")
    if not any(each.scores for each in finals.fitted):
        tried = any(each.purpose is Purpose.BASELINE for each in trials)
        said.append("No baseline " + ("could be compared." if tried else "was trained."))
    named = [
        *zip(finals.names, finals.ruling.finalists, strict=True),
        *zip(finals.baseline_names, finals.fitted, strict=True),
    ]
    for name, each in named:
        if each.lost:
            count = len(each.lost) + len(each.scores)
            said.append(
                f"{name}: {len(each.lost)} of {count} repeats failed or were cut short,"
                " and don't count."
            )
    return said
