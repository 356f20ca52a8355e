"""Cuts the lanes of a window into cohorts.

Engines train lanes of any designs together; none pads one lane to another's size. What a cohort
may take of a machine's memory is predicted, and limits it. Lanes of a cohort share their matrices,
so that those of another preparation are in another cohort.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import cycle
from typing import Final, TypeAlias

from layerlab.domain.design import Design
from layerlab.domain.footprint import Kernel, cohort_footprint, epoch_work, how_many_fit
from layerlab.domain.recipe import RecipeName
from layerlab.domain.space import Choice
from layerlab.domain.spec import Engine, StudySpec
from layerlab.domain.study import Proposal
from layerlab.domain.table_shape import TableShape
from services.scheduler.sizing import Sizes

Preparation: TypeAlias = tuple[RecipeName, bool, bool]
PREPARATION_FIELDS: Final = ("recipe", "missing_indicators", "group_rare")
# Whichever of them a trainer has; a thread more costs little memory.
_KERNELS: Final = {
    Engine.FUSED: (Kernel.NATIVE, Kernel.STACK),
    Engine.KERAS: (Kernel.KERAS,),
}
_THREADS: Final = 4


def preparation_of(design: Design, spec: StudySpec) -> Preparation:
    """What decides a design's matrices, within its study."""
    return design.recipe or spec.recipe, design.missing_indicators, design.group_rare


def how_many_preparations(spec: StudySpec) -> int:
    """Of the space, at most."""
    fields = (spec.space.fields[name].domain for name in PREPARATION_FIELDS)
    values = [set(each.values) for each in fields if isinstance(each, Choice)]
    return math.prod(len({spec.recipe if v is None else v for v in each}) for each in values)


def gather(
    designs: Mapping[int, Design],
    spec: StudySpec,
    least: int,
    is_used: Callable[[Design], bool],
) -> dict[int, Design]:
    """Trial numbers with designs of few preparations, so that each has about `least` lanes: those
    of rarer ones take over one of the common ones, and stay as they are otherwise.

    Only where the space leaves the choice of preparations to every design.
    """
    lanes: dict[Preparation, list[int]] = {}
    for number, design in designs.items():
        lanes.setdefault(preparation_of(design, spec), []).append(number)
    # Of equally common ones, that of the earliest trial.
    common = sorted(lanes, key=lambda each: (-len(lanes[each]), lanes[each][0]))
    most = max(1, len(designs) // least)
    if len(common) <= most or any(spec.space.fields[name].when for name in PREPARATION_FIELDS):
        return dict(designs)
    found, used = dict(designs), set(designs.values())
    takers = cycle(reversed(common[:most]))
    for number in sorted(number for each in common[most:] for number in lanes[each]):
        taken = designs[lanes[next(takers)][0]]
        changed = replace(
            designs[number],
            recipe=taken.recipe,
            missing_indicators=taken.missing_indicators,
            group_rare=taken.group_rare,
        )
        if changed not in used and not is_used(changed):
            used.add(changed)
            found[number] = changed
    return found


@dataclass(frozen=True, slots=True)
class Cutter:
    """Cuts lanes into cohorts that fit, those of each preparation on their own."""

    spec: StudySpec
    table: TableShape
    sizes: Sizes
    max_bytes: int

    def cut(self, lanes: Sequence[Proposal], cohorts: int) -> list[tuple[Proposal, ...]]:
        """About so many, of about equal work, those with the largest lanes first: then the last
        ones to end are of small ones. More, where memory or `most` demands it, and where there are
        more preparations.
        """
        alike: dict[Preparation, list[Proposal]] = {}
        for lane in lanes:
            alike.setdefault(preparation_of(lane.design, self.spec), []).append(lane)
        found: list[tuple[Proposal, ...]] = []
        for each in alike.values():
            share = round(cohorts * len(each) / len(lanes))
            found += self._cut_alike(each, max(1, share))
        return found

    def _cut_alike(self, lanes: Sequence[Proposal], cohorts: int) -> list[tuple[Proposal, ...]]:
        ordered = [(epoch_work(lane.design, self.table), lane) for lane in lanes]
        if cohorts > 1:
            ordered.sort(key=lambda each: (-each[0], each[1].number))
        found: list[tuple[Proposal, ...]] = []
        while ordered:
            left = max(1, cohorts - len(found), math.ceil(len(ordered) / self.sizes.most))
            share = sum(work for work, _ in ordered) / left
            taken = self._first([work for work, _ in ordered], share, is_last=left == 1)
            chosen = [lane for _, lane in ordered[:taken]]
            taken = how_many_fit([lane.design for lane in chosen], self.max_bytes, self._bytes)
            found.append(tuple(sorted(chosen[:taken], key=lambda lane: lane.number)))
            ordered = ordered[taken:]
        return found

    def _first(self, works: Sequence[float], share: float, is_last: bool) -> int:
        """How many lanes come nearest to that share of the work."""
        sizes = self.sizes
        if is_last:
            return min(len(works), sizes.most)
        total, count = 0.0, 0
        for work in works:
            if count >= sizes.least and total + work / 2 > share:
                break
            total, count = total + work, count + 1
        # What is left is a cohort, too.
        rest = len(works) - count
        if 0 < rest < sizes.least:
            count = max(1, len(works) - sizes.least)
        return min(count, sizes.most)

    def _bytes(self, designs: Sequence[Design]) -> int:
        return max(
            cohort_footprint(designs, self.table, kernel, _THREADS).resident
            for kernel in _KERNELS[self.spec.engine]
        )
