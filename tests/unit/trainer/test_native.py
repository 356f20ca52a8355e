"""The native engine: like the stack of torch, and each lane to the last bit like itself alone."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from layerlab.domain.design import Activation, Norm, Optimizer
from layerlab.domain.halving import Rung
from layerlab.domain.spec import Engine as EngineName
from layerlab.domain.study import Proposal
from layerlab.domain.trial import StopReason, TrialState
from services.trainer.control import Control
from services.trainer.engine import Limits, Matrices
from services.trainer.engines import Engines
from services.trainer.native import library, processor
from services.trainer.native.build import compile_kernels
from services.trainer.native.engine import NativeEngine
from services.trainer.native.lanes import LaneBuffers
from services.trainer.native.layout import lay_out
from services.trainer.native.library import load_kernels
from services.trainer.native.processor import kernels_path, supported_levels
from services.trainer.native.records import CLane
from services.trainer.native.stack import NativeStack
from services.trainer.order import CHUNK_ROWS, epoch_order
from tests.unit.trainer.builders import (
    FUSED,
    Outcome,
    assert_same_training,
    classes,
    cohorts,
    designs,
    lane,
    quantity,
    train,
)

NATIVE = NativeEngine(threads=2)
TABLES = {"classes": classes(), "quantity": quantity()}
tables = st.sampled_from(sorted(TABLES))


def without_dropout(cohort: list[Proposal]) -> list[Proposal]:
    return [
        Proposal(e.number, type(e.design).from_json({**e.design.to_json(), "dropout": 0.0}), e.seed)
        for e in cohort
    ]


@settings(max_examples=60, deadline=None)
@given(cohorts(), tables)
def test_lanes_train_as_in_the_stack_of_torch(cohort: list[Proposal], table: str) -> None:
    """Dropout apart, of which each engine draws its own masks."""
    cohort = without_dropout(cohort)
    native, stack = (train(cohort, TABLES[table], 3, engine) for engine in (NATIVE, FUSED))
    for each in cohort:
        assert_same_training(native, stack, each.number, tolerance=2e-3)


@settings(max_examples=60, deadline=None)
@given(cohorts(), tables, st.sampled_from([1, 2, 3]), st.data())
def test_a_lane_trains_alone_as_in_its_cohort_to_the_last_bit(
    cohort: list[Proposal], table: str, threads: int, data: st.DataObject
) -> None:
    batches = data.draw(st.lists(st.sampled_from([1, 5, 16, 200]), min_size=1, max_size=4))
    cohort = [
        lane(e.number, e.seed, **_fields(e) | {"batch_size": batches[i % len(batches)]})
        for i, e in enumerate(cohort)
    ]
    together = train(cohort, TABLES[table], 2, NativeEngine(threads))
    for each in cohort:
        alone = train([each], TABLES[table], 2, NativeEngine(1))
        assert what_happened(together, each.number) == what_happened(alone, each.number)


def _fields(proposal: Proposal) -> dict[str, object]:
    design = proposal.design
    return {name: getattr(design, name) for name in type(design).__dataclass_fields__}


def what_happened(
    outcome: Outcome, number: int
) -> tuple[list[tuple[float | None, float | None, float | None]], dict[str, bytes]]:
    """All that is not time: numbers of each epoch, and the weights that were kept."""
    epochs = [(each.train_loss, each.val_loss, each.score_val) for each in outcome.reports[number]]
    weights = outcome.ended[number].weights or {}
    return epochs, {name: tensor.tobytes() for name, tensor in weights.items()}


@settings(max_examples=40, deadline=None)
@given(designs, tables)
def test_padding_holds_zeros_and_is_never_read_from_workspaces(design: object, table: str) -> None:
    """Whatever lay in the workspace before, even NaN, and however long it trains."""
    matrices = TABLES[table]
    proposal = lane(1, **_fields(Proposal(1, design, 1)))  # type: ignore[arg-type]  # A design.
    clean, poisoned = (NativeStack.open([proposal], matrices, Limits(9), 1) for _ in range(2))
    for epoch in (1, 2):
        for stack in (clean, poisoned):
            for workspace in poisoned._team._workspaces:
                workspace[:] = np.nan
            assert list(stack.train_epoch(epoch)) == [matrices.train.count]
        assert clean.losses() == poisoned.losses()
        for workspace in poisoned._team._workspaces:
            workspace[:] = np.nan
        assert clean.evaluate() == poisoned.evaluate()
    buffers = poisoned._buffers[0]
    layout = lay_out(proposal.design, matrices.n_inputs, matrices.n_outputs)
    tensors = layout.unpack(buffers._values)
    assert all(np.isfinite(each).all() for each in tensors.values())
    again = np.empty_like(buffers._values)
    layout.pack(tensors, again)
    statistics = slice(layout.trained, None)
    # Padded units have running statistics too, which nothing reads.
    assert (again[: layout.trained] == buffers._values[: layout.trained]).all()
    assert again[statistics].shape == buffers._values[statistics].shape


def test_moments_of_the_padding_stay_zero() -> None:
    proposal = lane(1, hidden=(5, 20, 33), norm=Norm.LAYER, weight_decay=0.1)
    stack = NativeStack.open([proposal], classes(), Limits(9), 1)
    list(stack.train_epoch(1))
    buffers = stack._buffers[0]
    layout = lay_out(proposal.design, 6, 3)
    for moments in (buffers._first, buffers._second):
        again = np.empty(layout.size, np.float32)
        layout.pack(layout.unpack(moments), again)
        assert (again == moments).all()
        assert moments.any()


@pytest.mark.parametrize("rows", [1, 2, 3, 17, 75, 4097, CHUNK_ROWS, CHUNK_ROWS + 4096 * 3 + 5])
def test_kernels_visit_rows_in_the_order_of_all_engines(rows: int) -> None:
    expected = epoch_order(2**53 - 1, 3, rows)
    assert (np.sort(expected) == np.arange(rows)).all()
    found = np.empty(rows, np.int64)
    # In pieces that begin and end anywhere, as batches do.
    cuts = sorted({0, rows, *np.random.default_rng(rows).integers(0, rows, 20).tolist()})
    for start, stop in pairwise(cuts):
        place = found[start:].ctypes.data
        load_kernels().layerlab_order(2**53 - 1, 3, rows, start, stop - start, place)
    assert (found == expected).all()


def test_large_tables_are_visited_in_chunks_that_all_lanes_share() -> None:
    rows = 3 * CHUNK_ROWS
    one, other = (epoch_order(seed, 1, rows) for seed in (1, 2))
    for start in range(0, rows, CHUNK_ROWS):
        part = slice(start, start + CHUNK_ROWS)
        assert (np.sort(one[part]) == np.sort(other[part])).all()
        assert (one[part] != other[part]).mean() > 0.99
        # Drawn from the whole table.
        assert np.ptp(one[part]) > rows * 0.9


def test_orders_are_as_random_as_shuffles() -> None:
    """Each row is equally likely at each place: chi-squared of 20 rows over 4,000 seeds."""
    orders = np.stack([epoch_order(seed, 1, 20) for seed in range(4000)])
    counts = np.stack([np.bincount(orders[:, place], minlength=20) for place in range(20)])
    chi_squared = ((counts - 200) ** 2 / 200).sum()
    # 19 × 19 degrees of freedom: mean 361, deviation 27.
    assert 361 - 5 * 27 < chi_squared < 361 + 5 * 27


def test_dropout_drops_at_its_rate() -> None:
    """What trains with dropout in torch's stack, trains as well with the kernels' masks."""
    matrices = classes(rows=400)
    lanes = [lane(i, hidden=(32,), dropout=0.5, learning_rate=3e-3) for i in range(1, 25)]
    native, stack = (train(lanes, matrices, 4, engine) for engine in (NATIVE, FUSED))
    plain = train([lane(i, hidden=(32,), learning_rate=3e-3) for i in range(1, 25)], matrices, 4)

    def loss(outcome: Outcome) -> tuple[float, float]:
        last = [each[-1].train_loss or 0.0 for each in outcome.reports.values()]
        return float(np.mean(last)), float(np.std(last) / np.sqrt(len(last)))

    (mean, error), (expected, other_error), (without, _) = loss(native), loss(stack), loss(plain)
    assert abs(mean - expected) < 5 * (error + other_error)
    assert mean > without


@pytest.mark.parametrize("norm", list(Norm))
def test_a_nan_in_one_lane_stays_in_it(norm: Norm) -> None:
    lanes = [lane(i, hidden=(8, 8), norm=norm, residual=True, dropout=0.1) for i in (1, 2, 3)]
    stack = NativeStack.open(lanes, classes(), Limits(3), 1)
    for buffers in stack._buffers:
        if buffers.lane.number == 2:
            buffers._values[:] = np.nan
    for _ in stack.train_epoch(1):
        assert np.isnan(stack.losses()).tolist() == [e.number == 2 for e in stack.lanes]
    assert np.isnan(stack.evaluate().losses).tolist() == [e.number == 2 for e in stack.lanes]


def test_the_best_weights_score_what_was_reported() -> None:
    matrices = classes(rows=200, val=333)
    lanes = [
        lane(i, hidden=(40, 40, 9), norm=norm, activation=activation, residual=True)
        for i, (norm, activation) in enumerate(zip(Norm, Activation, strict=False), 1)
    ]
    outcome = train(lanes, matrices, 6, NATIVE)
    for each in lanes:
        ended = outcome.ended[each.number]
        assert ended.weights is not None
        for engine in (NATIVE, FUSED):
            score = engine.score(each, ended.weights, matrices.val, matrices.measure)
            assert score == pytest.approx(ended.end.score_val)


def test_equal_logits_count_for_the_first_class_alone() -> None:
    """A network that has learned nothing must not score as if it knew everything."""
    matrices = classes(rows=64, val=90)
    dead = LaneBuffers(lane(hidden=()), (6, 3), matrices.task, 1)
    dead.load({"output.weight": np.zeros((6, 3)), "output.bias": np.zeros(3)})  # type: ignore[dict-item]  # Floats of another size.
    weights = dead._layout.unpack(dead._values)
    score = NATIVE.score(lane(hidden=()), weights, matrices.val, matrices.measure)
    assert score == pytest.approx((matrices.val.targets == 0).mean())


def test_a_lane_that_ends_early_leaves_the_others_as_they_were() -> None:
    still = lane(1, hidden=(8, 8), learning_rate=1e-30, optimizer=Optimizer.SGD)
    survivor = lane(2, hidden=(8, 8), norm=Norm.BATCH, dropout=0.2, learning_rate=3e-3)
    together = train([still, survivor], classes(), Limits(30), NATIVE)
    alone = train([survivor], classes(), Limits(30), NATIVE)
    assert together.ended[1].end.stop_reason is StopReason.EARLY_STOPPING
    assert together.ended[1].end.epochs < together.ended[2].end.epochs
    assert what_happened(together, 2) == what_happened(alone, 2)


def test_lanes_that_pass_a_rung_go_on_to_the_last_bit_as_without_it() -> None:
    lanes = [lane(i, hidden=(8, 8), norm=Norm.BATCH, dropout=0.2) for i in range(1, 9)]
    free = train(lanes, classes(), Limits(6), NATIVE)
    halved = train(lanes, classes(), Limits(6, rungs=(Rung(2, 4), Rung(4, 2))), NATIVE)
    epochs = sorted(each.end.epochs for each in halved.ended.values())
    assert epochs == [2, 2, 2, 2, 4, 4, 6, 6]
    for number, ended in halved.ended.items():
        whole, _ = what_happened(free, number)
        part, _ = what_happened(halved, number)
        assert part == whole[: ended.end.epochs]


def test_a_cancelled_cohort_ends_within_a_slice() -> None:
    big = classes(rows=20_000, inputs=64)
    lanes = [lane(i, hidden=(256, 256), batch_size=64) for i in range(1, 9)]
    beats = 0

    def beat() -> None:
        nonlocal beats
        beats += 1
        if beats == 3:
            control.cancelled.set()

    control = Control(beat)
    assert list(NATIVE.train(lanes, big, Limits(50), control)) == []
    assert beats <= 4


def test_at_the_deadline_every_lane_has_seen_the_same_rows() -> None:
    big = classes(rows=60_000, inputs=64)
    lanes = [lane(i, hidden=(256, 256), batch_size=64) for i in range(1, 5)]
    import time

    outcome = train(lanes, big, Limits(50, time.monotonic() + 1.0), NATIVE)
    states = {each.end.state for each in outcome.ended.values()}
    assert states <= {TrialState.SUCCEEDED, TrialState.CANCELLED}
    assert len({each.end.epochs for each in outcome.ended.values()}) == 1


@pytest.fixture
def other_kernels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Path]]:
    """Of the lesser processors, which this one can play, too."""
    paths = [tmp_path / f"kernels_{level}.so" for level in supported_levels()[1:]]
    yield paths
    load_kernels.cache_clear()


def test_lesser_processors_train_alike(
    other_kernels: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    if not other_kernels:
        pytest.skip("this processor is of the only kind of its family")
    lanes = [
        lane(i, hidden=(40, 40, 17), norm=norm, residual=True, activation=activation)
        for i, (norm, activation) in enumerate([*zip(list(Norm) * 2, Activation, strict=True)], 1)
    ]
    expected = train(lanes, classes(), 2, NATIVE)
    for path in other_kernels:
        compile_kernels(path.stem.removeprefix("kernels_"), path)
        monkeypatch.setattr(library, "kernels_path", lambda path=path: path)
        load_kernels.cache_clear()
        found = train(lanes, classes(), 2, NATIVE)
        for each in lanes:
            assert_same_training(expected, found, each.number, tolerance=1e-4)


@pytest.fixture
def own_process_again() -> Iterator[None]:
    """An engine on torch sets up its whole process, which other tests live in."""
    yield
    torch.set_flush_denormal(False)


@pytest.mark.usefixtures("own_process_again")
def test_without_kernels_the_stack_of_torch_trains(monkeypatch: pytest.MonkeyPatch) -> None:
    assert kernels_path() is not None
    assert isinstance(Engines("cpu", 1).get(EngineName.FUSED, lambda: None), NativeEngine)
    monkeypatch.setattr(processor, "kernels_path", lambda: None)
    assert isinstance(Engines("cpu", 1).get(EngineName.FUSED, lambda: None), type(FUSED))


def test_records_are_as_large_as_the_kernels_take_them_to_be() -> None:
    """A lane that lies behind another one is trained like the first."""
    lanes = [lane(i, seed=7) for i in (1, 2, 3)]
    outcome = train(lanes, classes(), 2, NativeEngine(1))
    assert what_happened(outcome, 1) == what_happened(outcome, 2) == what_happened(outcome, 3)
    assert ctypes.sizeof(CLane) % ctypes.alignment(CLane) == 0


def test_no_row_of_the_table_is_copied() -> None:
    matrices: Matrices = classes()
    stack = NativeStack.open([lane()], matrices, Limits(1), 1)
    assert stack._train.record.features == matrices.train.features.ctypes.data
