"""Finalists, trained again in rounds: each is a partition's folds, for all still to be told
apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from layerlab.domain.design import Design
from layerlab.domain.study import Purpose, Study, Trial
from layerlab.domain.verdict import Verdict
from services.scheduler.finals.jobs import (
    Group,
    Job,
    by_preparation,
    lane_of,
    last_one_first,
)
from services.scheduler.finals.purse import Purse
from services.scheduler.finals.searched import Searched
from services.scheduler.record import StudyRecord

MAX_ROUNDS: Final = 4
LEAST_REPEATS: Final = 3
"""An interval from fewer says nothing."""


def repeats_of(round_number: int, folds: int) -> range:
    first = (round_number - 1) * folds + 1
    return range(first, first + folds)


def confirm_group(
    study: Study, searched: Searched, designs: Sequence[Design], repeat: int
) -> Group:
    """All contenders on one repeat, in a cohort for each preparation."""
    lanes = by_preparation(lane_of(study, design, repeat) for design in designs)
    return tuple(
        Job(
            f"{study.study_id}-confirm-{repeat:02}{name}",
            Purpose.CONFIRM,
            tuple(lanes[name]),
            sum(searched.lane_work(study, lane.design, lane.design) for lane in lanes[name]),
        )
        for name in last_one_first(lanes, designs[-1])
    )


def finalists(record: StudyRecord, searched: Searched, purse: Purse) -> list[Design]:
    """Who is in the first round, best first; nobody, where even one is too much.

    What is registered says how many there are: time goes on.
    """
    ranked = [trial.design for trial in searched.ranked]
    registered = {
        trial.design for trial in record.finals.values() if trial.purpose is Purpose.CONFIRM
    }
    places = [place for place, design in enumerate(ranked) if design in registered]
    if places:
        return ranked[: places[-1] + 1]
    study, folds = record.study, record.study.spec.split.folds
    tries = [(many, folds) for many in range(len(ranked), 1, -1)]
    tries += [(min(2, len(ranked)), LEAST_REPEATS)]
    # By work, that is the least; with less there is no answer.
    tries += [(1, LEAST_REPEATS)] if purse.by_clock else []
    for many, repeats in tries:
        group = confirm_group(study, searched, ranked[:many], 1)
        if purse.cost([group] * repeats) <= purse.total:
            return ranked[:many]
    return [] if purse.by_clock else ranked[:2]


def survivors(verdict: Verdict | None) -> list[Design]:
    """Who goes on: those that can't be told apart yet. Nobody: there is nothing to find out."""
    if verdict is None:
        return []
    found = (verdict.contender(name) for name in verdict.survivors)
    designs = [each.design for each in found if each and each.design and not each.baseline]
    return designs if len(designs) > 1 else []


def winner_of(verdict: Verdict | None, ranked: Sequence[Trial]) -> Design | None:
    """The best design as far as is known, whether or not it beats anything."""
    if verdict is not None:
        for name in (verdict.winner, *verdict.survivors):
            contender = verdict.contender(name)
            if contender and contender.design and not contender.baseline:
                return contender.design
    return ranked[0].design if ranked else None
