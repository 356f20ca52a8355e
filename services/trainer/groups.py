"""Lanes that would not fit into memory together train in groups, one after another, in one job.

A lane becomes what it would have become with all the others beside it, but for two things that
lanes share. At a rung, each group drops its part of those that the cohort would drop, and ranks
its own lanes only. Of the time that is left before a deadline, each group gets its part by the
work that it has, so that no lane is left out because it came last.

A lane that does not even fit alone is not tried: it fails, and says what it would have needed.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from layerlab.domain.footprint import Footprint, Kernel, cohort_footprint, epoch_work, how_many_fit
from layerlab.domain.halving import Rung
from layerlab.domain.study import Proposal, TrialEnd
from layerlab.domain.table_shape import TableShape
from layerlab.domain.trial import FailureReason, TrialState
from services.trainer.control import Control
from services.trainer.engine import Ended, Engine, Limits, Matrices, Tick
from services.trainer.scoring import Measure, scoring_bytes

# Predictions are not exact, and others want memory, too.
_USABLE: Final = 0.9
_MB: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Groups:
    """`rejected`: the ends of lanes that fit nowhere. `predicted_bytes`: of the largest group."""

    groups: tuple[tuple[Proposal, ...], ...]
    rejected: tuple[TrialEnd, ...]
    predicted_bytes: int


def group_lanes(
    lanes: Sequence[Proposal],
    table: TableShape,
    kernel: Kernel,
    threads: int,
    available_bytes: int | None,
    measure: Measure | None = None,
) -> Groups:
    """As few groups as fit into so many bytes; one, if it isn't known how many there are.

    `measure`: what they are scored by; None: something that needs no memory.
    """

    def predicted(some: Sequence[Proposal]) -> Footprint:
        footprint = cohort_footprint([e.design for e in some], table, kernel, threads)
        if measure is None:
            return footprint
        scoring = scoring_bytes(measure, table, kernel, len(some), threads)
        return replace(footprint, resident=footprint.resident + scoring)

    def resident(some: Sequence[Proposal]) -> int:
        return predicted(some).resident

    limit = None if available_bytes is None else int(available_bytes * _USABLE)
    rejected = [] if limit is None else [each for each in lanes if resident([each]) > limit]
    refused = {each.number for each in rejected}
    left = [lane for lane in lanes if lane.number not in refused]
    groups: list[tuple[Proposal, ...]] = []
    while left:
        count = len(left) if limit is None else how_many_fit(left, limit, resident)
        groups.append(tuple(left[:count]))
        left = left[count:]
    return Groups(
        tuple(groups),
        tuple(_reject(each, table, resident([each]), limit or 0) for each in rejected),
        max((predicted(group).total for group in groups), default=0),
    )


def train_in_groups(
    engine: Engine, groups: Groups, matrices: Matrices, limits: Limits, control: Control
) -> Iterator[Tick]:
    """As `Engine.train`, of all lanes."""
    if groups.rejected:
        yield Tick((), tuple(Ended(end) for end in groups.rejected))
    table = shape_of(matrices)
    works = [sum(epoch_work(e.design, table) for e in group) for group in groups.groups]
    lanes = sum(len(group) for group in groups.groups)
    for index, group in enumerate(groups.groups):
        share = works[index] / sum(works[index:])
        own = replace(
            limits,
            deadline=_part_of_time(limits.deadline, share),
            rungs=_part_of_rungs(limits.rungs, len(group), lanes),
        )
        yield from engine.train(group, matrices, own, control)
        if control.cancelled.is_set():
            return


def shape_of(matrices: Matrices) -> TableShape:
    return TableShape(
        matrices.train.count, matrices.val.count, matrices.n_inputs, matrices.n_outputs
    )


def _part_of_time(deadline: float | None, share: float) -> float | None:
    if deadline is None or share == 1:
        return deadline
    now = time.monotonic()
    return now + max(0.0, deadline - now) * share


def _part_of_rungs(rungs: Sequence[Rung], lanes: int, of: int) -> tuple[Rung, ...]:
    """Rounded up: a group always keeps a lane."""
    return tuple(Rung(each.epoch, -(-each.keep * lanes // of)) for each in rungs)


def _reject(lane: Proposal, table: TableShape, needed: int, usable: int) -> TrialEnd:
    return TrialEnd(
        number=lane.number,
        state=TrialState.FAILED,
        reason=FailureReason.OUT_OF_MEMORY,
        detail=f"It is predicted to take {needed / _MB:,.0f} MB of memory, and its trainer can use "
        f"{usable / _MB:,.0f} MB; it was not tried.",
        n_params=lane.design.n_params(table.n_inputs, table.n_outputs),
    )
