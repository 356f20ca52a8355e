"""A cohort that would not fit into memory trains in groups, and is not killed."""

from __future__ import annotations

import dataclasses
import io
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerlab.domain.cohort_stats import CohortStats
from layerlab.domain.dataset import Task
from layerlab.domain.footprint import Kernel, cohort_footprint
from layerlab.domain.halving import Rung
from layerlab.domain.spec import Engine as EngineName
from layerlab.domain.table_shape import TableShape
from layerlab.domain.trial import FailureReason, StopReason, TrialState
from services.trainer.child import Outbox, ReceivedJob
from services.trainer.control import Control
from services.trainer.engine import Engine, Limits
from services.trainer.frames import read_frame
from services.trainer.groups import Groups, group_lanes, shape_of, train_in_groups
from services.trainer.jobs import run_job
from services.trainer.message_frames import message_from_frame
from services.trainer.messages import ArrayFiles, Progress, TrainJob
from services.trainer.native.engine import NativeEngine
from services.trainer.native.processor import kernels_path
from tests.unit.trainer.builders import FUSED, Outcome, assert_same_training, classes, lane, train

MATRICES = classes()
SHAPE = shape_of(MATRICES)
ENGINES: list[Engine] = [FUSED, NativeEngine(2)] if kernels_path() else [FUSED]
LANES = tuple(lane(n, hidden=(16 * n, 8), dropout=0.1) for n in range(1, 8))


def needed(engine: Engine, lanes: int) -> int:
    """Bytes for so many of the largest lanes."""
    designs = [each.design for each in LANES[-lanes:]]
    return cohort_footprint(designs, SHAPE, engine.kernel, engine.threads).resident


def grouped(engine: Engine, available: int | None) -> Groups:
    return group_lanes(LANES, SHAPE, engine.kernel, engine.threads, available)


def outcome_of(engine: Engine, groups: Groups, limits: Limits) -> Outcome:
    outcome = Outcome()
    for tick in train_in_groups(engine, groups, MATRICES, limits, Control()):
        for report in tick.reports:
            outcome.reports.setdefault(report.number, []).append(report)
        outcome.ended |= {each.end.number: each for each in tick.ended}
    return outcome


@pytest.mark.parametrize("engine", ENGINES, ids=lambda each: type(each).__name__)
def test_lanes_of_a_split_cohort_become_what_they_become_together(engine: Engine) -> None:
    groups = grouped(engine, needed(engine, 3))
    assert len(groups.groups) > 1
    assert not groups.rejected

    split, whole = outcome_of(engine, groups, Limits(3)), train(LANES, MATRICES, 3, engine)

    assert split.ended.keys() == whole.ended.keys()
    for each in LANES:
        assert split.ended[each.number].end.state is TrialState.SUCCEEDED
        # To the bit in the native engine, to rounding in the stack.
        exact = engine.kernel is Kernel.NATIVE
        assert_same_training(split, whole, each.number, tolerance=0.0 if exact else 1e-4)


@given(st.integers(10**3, 10**7), st.sampled_from([Kernel.NATIVE, Kernel.STACK, Kernel.KERAS]))
def test_each_lane_is_in_one_group_that_fits_or_is_rejected(available: int, kernel: Kernel) -> None:
    groups = group_lanes(LANES, SHAPE, kernel, 2, available)

    placed = [each.number for group in groups.groups for each in group]
    rejected = [end.number for end in groups.rejected]
    assert sorted(placed + rejected) == [each.number for each in LANES]
    for group in groups.groups:
        designs = [each.design for each in group]
        assert cohort_footprint(designs, SHAPE, kernel, 2).resident <= available


def test_a_machine_that_does_not_tell_its_memory_gets_one_group() -> None:
    assert grouped(FUSED, None).groups == (LANES,)


def test_a_lane_that_fits_nowhere_fails_and_says_what_it_needs() -> None:
    most = 2 * cohort_footprint([LANES[2].design], SHAPE, FUSED.kernel).resident
    huge = lane(9, hidden=(4096, 4096))
    groups = group_lanes((*LANES[:3], huge), SHAPE, FUSED.kernel, 1, most)

    outcome = outcome_of(FUSED, groups, Limits(2))

    end = outcome.ended[9].end
    assert (end.state, end.reason) == (TrialState.FAILED, FailureReason.OUT_OF_MEMORY)
    assert f"{cohort_footprint([huge.design], SHAPE, FUSED.kernel).resident / 1e6:,.0f} MB" in (
        end.detail
    )
    assert all(outcome.ended[n].end.state is TrialState.SUCCEEDED for n in (1, 2, 3))


def test_each_group_keeps_its_part_at_a_rung() -> None:
    groups = Groups((LANES[:4], LANES[4:]), (), 0)

    outcome = outcome_of(FUSED, groups, Limits(4, rungs=(Rung(2, 3),)))

    def kept(numbers: range) -> int:
        ends = [outcome.ended[n].end for n in numbers]
        assert all(e.stop_reason is StopReason.RUNG for e in ends if e.state is TrialState.PRUNED)
        return sum(end.epochs == 4 for end in ends)

    # 3 of 7 are 1.7 of 4 and 1.3 of 3, rounded up.
    assert (kept(range(1, 5)), kept(range(5, 8))) == (2, 2)


def test_every_group_gets_a_part_of_the_time_that_is_left() -> None:
    groups = Groups((LANES[:4], LANES[4:]), (), 0)
    limits = Limits(100_000, deadline=time.monotonic() + 3.0)

    outcome = outcome_of(FUSED, groups, limits)

    assert {each.end.state for each in outcome.ended.values()} == {TrialState.SUCCEEDED}
    assert len(outcome.ended) == len(LANES)


def run(folder: Path, available: int | None) -> list[Progress]:
    def save(name: str, rows: object) -> ArrayFiles:
        files = ArrayFiles(str(folder / f"{name}.x.npy"), str(folder / f"{name}.y.npy"))
        np.save(files.features, rows.features)  # type: ignore[attr-defined]  # Rows.
        np.save(files.targets, rows.targets)  # type: ignore[attr-defined]  # Rows.
        return files

    job = TrainJob(
        lanes=LANES,
        engine=EngineName.FUSED,
        task=Task.CLASSIFICATION,
        n_outputs=3,
        train=save("train", MATRICES.train),
        validation=save("val", MATRICES.val),
        max_epochs=3,
        seconds_left=None,
        best=None,
    )
    pipe = io.BytesIO()
    engine = ENGINES[-1]
    run_job(ReceivedJob(job, Control(), time.monotonic()), engine, Outbox(pipe), lambda: available)
    pipe.seek(0)
    frames = iter(lambda: read_frame(pipe), None)
    messages = [message_from_frame(frame) for frame in frames]
    return [each for each in messages if isinstance(each, Progress)]


@pytest.mark.parametrize("split", [False, True])
def test_statistics_come_with_the_last_end_and_only_then(tmp_path: Path, split: bool) -> None:
    said = run(tmp_path, needed(ENGINES[-1], 3) if split else None)

    assert [each.stats is None for each in said] == [True] * (len(said) - 1) + [False]
    assert sum(len(each.ends) for each in said) == len(LANES)
    stats = said[-1].stats
    assert isinstance(stats, CohortStats)
    assert stats.lanes == len(LANES)
    assert (stats.groups > 1) == split
    assert stats.predicted_bytes > 0
    assert stats.train_seconds > 0
    assert 0 <= stats.padding_share < 1
    # 3 epochs of each lane: forward, and twice that backward, but for the inputs' gradients.
    widths = [(6, 16 * n, 8, 3) for n in range(1, 8)]
    rows, val = SHAPE.train_rows, SHAPE.val_rows
    flops = sum(
        2 * (rows * (2 * a * b + 3 * (b * c + c * d)) + val * (a * b + b * c + c * d))
        for a, b, c, d in widths
    )
    assert stats.flops == 3 * flops


def test_the_shape_of_matrices_is_that_of_both_parts() -> None:
    assert dataclasses.astuple(SHAPE) == dataclasses.astuple(TableShape(75, 40, 6, 3))
