"""Prints the table of docs/verdict.md: python -m tests.unit.scheduler.analysis.table"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace

from scipy import stats

from layerlab.domain.baseline import Baseline
from tests.unit.scheduler.analysis.seasons import play_season
from tests.unit.scheduler.analysis.worlds import (
    Learner,
    World,
    gaussian_world,
    learnt_world,
    linear,
    random_features,
)

STUDIES = 4000


def worlds() -> Iterator[tuple[str, World, Sequence[Baseline]]]:
    for count in (2, 4, 6):
        level, noise = [0.8] * count, [0.02] * count
        yield f"Gaussian, {count} equal", gaussian_world(STUDIES, level, noise, count), ()
    noises = [0.005, 0.01, 0.02, 0.03, 0.05]
    yield "Gaussian, 5 equal of unequal noise", gaussian_world(STUDIES, [0.8] * 5, noises, 9), ()
    means = [0.81, 0.805, 0.8, 0.8, 0.79]
    yield "Gaussian, 5 of unequal means", gaussian_world(STUDIES, means, [0.02] * 5, 10), ()
    yield (
        "Gaussian, 4 equal, 3 equal baselines",
        gaussian_world(STUDIES, [0.8] * 7, [0.02] * 7, 11),
        tuple(Baseline),
    )
    pair = [linear(0, 1, 2), linear(3, 4, 5)]
    yield "learners, 200 rows, 2 equal", _level(_learn(200, 0.4, pair)), ()
    yield "learners, 60 rows, hardly any signal, 2 equal", _level(_learn(60, 0.15, pair)), ()
    networks = [random_features(12)] * 3
    yield "random networks, 200 rows, 3 equal", _level(_learn(200, 0.4, networks)), ()
    chance = [*pair, random_features(8), linear()]
    yield (
        "noise, 200 rows, 3 and the constant",
        _level(_learn(200, 0.0, chance)),
        (Baseline.CONSTANT,),
    )
    nested = [linear(0, 1, 2, 3, 4, 5), linear(0, 1, 2, 3), linear(0, 1, 2)]
    for rows in (200, 600, 2000):
        yield f"learners, {rows} rows, 3 unequal", _learn(rows, 0.4, nested, 1000), ()
    apart = [linear(0, 1, 2, 3, 4, 5), linear(0, 1), linear(2)]
    yield "learners, 600 rows, 3 far apart", _learn(600, 0.5, apart, 1000), ()


def uncorrected(world: World, designs: int) -> float:
    """Of studies, in which a paired t-test at 5 % after 20 repeats, of the highest mean with any
    other, is wrong."""
    wrong = 0
    for scores in world.scores[:, :designs]:
        first = scores.mean(axis=1).argmax()
        gaps = scores[first] - scores
        error = gaps.std(axis=1, ddof=1) / math.sqrt(scores.shape[1])
        claims = gaps.mean(axis=1) > stats.t.isf(0.025, scores.shape[1] - 1) * error
        wrong += (claims & (world.truth[first] <= world.truth[:designs])).any()
    return wrong / len(world.scores)


def main() -> None:
    for name, world, baselines in worlds():
        season = play_season(world, baselines)
        designs = len(world.truth) - len(baselines)
        cells = [
            name,
            " ".join(f"{each:.3f}" for each in sorted(set(world.truth), reverse=True)),
            f"{season.false:.1%}",
            f"{season.false_baseline:.1%}" if baselines else "",
            f"{uncorrected(world, designs):.0%}",
            f"{season.covered:.1%}",
            f"{season.own_covered:.1%}",
            f"{season.found:.0%}" if len(set(world.truth[:designs])) > 1 else "",
            f"{season.repeats:.1f}",
        ]
        sys.stdout.write(f"| {' | '.join(cells)} |\n")
        sys.stdout.flush()


def _learn(rows: int, shift: float, learners: Sequence[Learner], studies: int = STUDIES) -> World:
    return learnt_world(studies, rows, [shift] * 6, learners, 1)


def _level(world: World) -> World:
    """What is equal by the world's symmetry was measured with an error."""
    return replace(world, truth=world.truth * 0 + world.truth.mean())


if __name__ == "__main__":
    main()
