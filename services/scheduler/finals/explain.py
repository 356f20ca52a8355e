"""What is trained around the winner: one thing changed at a time, and fewer rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from layerlab.domain.design import Design
from layerlab.domain.study import Purpose, Study, Trial
from layerlab.domain.trial import StopReason, TrialState
from services.scheduler.finals.ablation import variants
from services.scheduler.finals.jobs import (
    Group,
    Job,
    by_preparation,
    lane_of,
    last_one_first,
    preparation,
)
from services.scheduler.finals.purse import Purse
from services.scheduler.finals.rounds import LEAST_REPEATS
from services.scheduler.finals.searched import Searched
from services.scheduler.record import StudyRecord

SHARES: Final = (0.25, 0.5)
_FEW_VARIANTS: Final = 4


def explain_groups(
    record: StudyRecord, searched: Searched, winner: Design, purse: Purse
) -> list[Group]:
    """A group for each resampling on which the winner has been trained in the first round, so that
    all is compared on equal rows; none, where there is too little to compare with, or no time."""
    study, repeats = record.study, _repeats_of(record, winner)
    if len(repeats) < LEAST_REPEATS:
        return []
    changed = variants(study, winner)
    second = _second(searched, winner)

    def groups(many: int, with_rows: bool) -> list[Group]:
        return [
            (
                *(_rows_jobs(study, searched, winner, second, each) if with_rows else ()),
                *_ablation_jobs(study, searched, winner, changed[:many], each),
            )
            for each in repeats
        ]

    many, with_rows = _registered(record, changed)
    if many:
        return groups(many, with_rows)
    counts = range(len(changed), 0, -1)
    tries = [(each, True, len(repeats)) for each in counts if each >= _FEW_VARIANTS]
    tries += [(each, True, LEAST_REPEATS) for each in counts if each >= _FEW_VARIANTS]
    tries += [(each, with_rows, LEAST_REPEATS) for each in counts]
    tries += [(0, True, LEAST_REPEATS)]
    for many, rows, least in tries:
        found = groups(many, rows)
        if purse.cost(found[:least]) <= purse.total:
            return found
    return groups(0, with_rows) if with_rows else []


def _registered(record: StudyRecord, changed: Sequence[Design]) -> tuple[int, bool]:
    """How many variants are being trained, and whether fewer rows are: time goes on."""
    purposes = {trial.purpose for trial in record.finals.values()}
    trained = {
        trial.design for trial in record.finals.values() if trial.purpose is Purpose.ABLATION
    }
    places = [place for place, design in enumerate(changed) if design in trained]
    return (places[-1] + 1 if places else 0), Purpose.ROWS in purposes


def _repeats_of(record: StudyRecord, winner: Design) -> list[int]:
    folds = record.study.spec.split.folds
    return sorted(
        trial.repeat
        for trial in record.finals.values()
        if trial.purpose is Purpose.CONFIRM
        and trial.design == winner
        and trial.repeat <= folds
        and trial.state is TrialState.SUCCEEDED
        and trial.stop_reason is not StopReason.TIME_BUDGET
    )


def _second(searched: Searched, winner: Design) -> Trial | None:
    """Of the finalists, the best that is bigger than the winner; otherwise the best other one."""
    others = [each for each in searched.ranked if each.design != winner]
    mine = next((each.n_params for each in searched.ranked if each.design == winner), None) or 0
    bigger = [each for each in others if (each.n_params or 0) > mine]
    return next(iter([*bigger, *others]), None)


def _ablation_jobs(
    study: Study, searched: Searched, winner: Design, changed: Sequence[Design], repeat: int
) -> list[Job]:
    if not changed:
        return []
    lanes = by_preparation(lane_of(study, each, repeat, like=winner) for each in changed)
    return [
        Job(
            f"{study.study_id}-ablation-{repeat:02}{name}",
            Purpose.ABLATION,
            tuple(lanes[name]),
            sum(searched.lane_work(study, lane.design, winner) for lane in lanes[name]),
        )
        for name in last_one_first(lanes, changed[-1])
    ]


def _rows_jobs(
    study: Study, searched: Searched, winner: Design, second: Trial | None, repeat: int
) -> list[Job]:
    designs = [winner] if second is None else [winner, second.design]
    jobs = []
    for share in SHARES:
        lanes = by_preparation(lane_of(study, each, repeat, share) for each in designs)
        for name in sorted(lanes, key=lambda each: each != preparation(winner)):
            work = sum(searched.lane_work(study, lane.design, winner) for lane in lanes[name])
            cohort_id = f"{study.study_id}-rows-{repeat:02}-{round(100 * share)}{name}"
            jobs.append(Job(cohort_id, Purpose.ROWS, tuple(lanes[name]), share * work))
    return jobs
