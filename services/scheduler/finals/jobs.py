"""The cohorts of the finals, before they are registered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from layerlab.domain.design import Design, trial_seed
from layerlab.domain.study import Proposal, Purpose, Study
from services.scheduler.actions import RegisterCohort


@dataclass(frozen=True, slots=True)
class Job:
    """A cohort to be: its lanes get their numbers when it is registered. `work` is in operations,
    as far as it can be predicted."""

    cohort_id: str
    purpose: Purpose
    lanes: tuple[Proposal, ...]
    work: float = 0.0

    def registration(self, first_number: int) -> RegisterCohort:
        lanes = (replace(lane, number=first_number + i) for i, lane in enumerate(self.lanes))
        return RegisterCohort(self.cohort_id, self.purpose, tuple(lanes))


Group: TypeAlias = tuple[Job, ...]
"""Jobs that are of use only together: all contenders on one repeat."""


def lane_of(
    study: Study, design: Design, repeat: int, share: float = 1.0, like: Design | None = None
) -> Proposal:
    """Not numbered yet. `like`: with the seed of that design."""
    seed = trial_seed(study.spec.dataset_id, like or design, repeat)
    return Proposal(0, design, seed, repeat, share)


def by_preparation(lanes: Iterable[Proposal]) -> dict[str, list[Proposal]]:
    """Lanes of a cohort share their matrices. By a name of the preparation, which may be part of an
    id; empty for the study's own."""
    groups: dict[str, list[Proposal]] = {}
    for lane in lanes:
        groups.setdefault(preparation(lane.design), []).append(lane)
    return groups


def preparation(design: Design) -> str:
    name = f"-{design.recipe.value}" if design.recipe else ""
    switches = "m" * design.missing_indicators + "r" * design.group_rare
    return f"{name}-{switches}" if switches else name


def last_one_first(groups: dict[str, list[Proposal]], last: Design) -> Sequence[str]:
    """The names of the groups, that with the design `last` before the others: from the first cohort
    that is registered it can then be told how many contenders there are."""
    return sorted(groups, key=lambda name: last not in {lane.design for lane in groups[name]})
