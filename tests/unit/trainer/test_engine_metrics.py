"""Every engine steers by the study's metric, and all of them agree on it."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import Mock

import numpy as np
import pytest

from layerlab.domain.design import Optimizer, Schedule
from layerlab.domain.footprint import Kernel
from layerlab.domain.metric import Metric
from layerlab.domain.table_shape import TableShape
from layerlab.domain.trial import StopReason, TrialState
from services.trainer import scoring
from services.trainer.engine import Engine, Limits, Matrices
from services.trainer.keras_engine import KerasEngine
from services.trainer.native.engine import NativeEngine
from services.trainer.native.processor import kernels_path
from services.trainer.scoring import Measure, lanes_at_once, scoring_bytes
from tests.unit.trainer.builders import CPU, FUSED, Outcome, classes, lane, quantity, train

ENGINES: list[Engine] = [FUSED, KerasEngine(CPU)]
if kernels_path():
    ENGINES.append(NativeEngine(2))
LANES = [lane(n, hidden=(4 * n,), learning_rate=0.01, batch_size=8 * n) for n in (1, 2, 3)]


def matrices_for(metric: Metric) -> Matrices:
    like = quantity(val=300) if metric in (Metric.R2, Metric.RMSE, Metric.MAE) else classes(val=300)
    return replace(like, metric=metric, scale=12.5)


def scores(outcome: Outcome) -> dict[int, list[float | None]]:
    return {n: [each.score_val for each in reports] for n, reports in outcome.reports.items()}


@pytest.mark.parametrize("metric", Metric)
def test_engines_agree_on_every_metric(metric: Metric) -> None:
    matrices = matrices_for(metric)
    found = [scores(train(LANES, matrices, 4, engine)) for engine in ENGINES]
    for each in LANES:
        for other in found[1:]:
            assert other[each.number] == pytest.approx(found[0][each.number], abs=1e-4, rel=1e-4)


@pytest.mark.parametrize("engine", ENGINES, ids=lambda each: type(each).__name__)
@pytest.mark.parametrize("metric", Metric)
def test_trained_weights_score_what_their_best_epoch_scored(engine: Engine, metric: Metric) -> None:
    matrices = matrices_for(metric)
    outcome = train(LANES[:2], matrices, 3, engine)
    for each in LANES[:2]:
        ended = outcome.ended[each.number]
        assert ended.weights is not None
        score = engine.score(each, ended.weights, matrices.val, matrices.measure)
        assert score == pytest.approx(ended.end.score_val, abs=1e-5)
        control = Mock()
        features, task = matrices.val.features, metric.task
        outputs = engine.predict(each, ended.weights, features, task, control.beat)
        found = matrices.measure.of_outputs(matrices.val.targets, outputs)
        assert found == pytest.approx(score, abs=1e-5)
        control.beat.assert_called()


@pytest.mark.parametrize("engine", ENGINES, ids=lambda each: type(each).__name__)
def test_the_best_epoch_of_a_loss_is_the_lowest(engine: Engine) -> None:
    # So fast that it gets worse at times.
    fast = lane(1, hidden=(32, 32), learning_rate=0.05, batch_size=8)
    outcome = train([fast], matrices_for(Metric.RMSE), 12, engine)
    end, values = outcome.ended[1].end, scores(outcome)[1]
    assert end.score_val == min(value for value in values if value is not None)
    assert end.best_epoch == 1 + values.index(end.score_val)


@pytest.mark.skipif(kernels_path() is None, reason="no kernels for this processor")
def test_outputs_of_many_lanes_are_scored_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    engine, matrices = NativeEngine(1), matrices_for(Metric.AUC)
    together = train(LANES, matrices, 2, engine)
    monkeypatch.setattr(scoring, "_OUTPUTS", 1)
    assert lanes_at_once(300, 3, 3, threads=1) == 1
    assert scores(train(LANES, matrices, 2, engine)) == scores(together)


def test_memory_for_outputs_is_bounded_whatever_the_number_of_lanes() -> None:
    large = TableShape(train_rows=4_000_000, val_rows=1_000_000, n_inputs=20, n_outputs=10)
    auc = Measure(Metric.AUC)
    few, many = (scoring_bytes(auc, large, Kernel.NATIVE, lanes, 2) for lanes in (2, 200))
    assert many == few
    assert many < 4 * large.matrix_bytes
    assert scoring_bytes(Measure(Metric.ACCURACY), large, Kernel.NATIVE, 200, 2) == 0


@pytest.mark.parametrize("engine", ENGINES, ids=lambda each: type(each).__name__)
def test_a_replay_has_the_originals_numbers_and_ends_where_it_is_told(engine: Engine) -> None:
    # A schedule, whose horizon must stay that of the study.
    original = lane(1, hidden=(16,), schedule=Schedule.COSINE, dropout=0.2, batch_size=16)
    matrices = classes()
    whole = train([original, *LANES[1:]], matrices, 9, engine)
    again = train([original], matrices, Limits(9, stop_after=4), engine)
    end = again.ended[1].end
    assert (end.state, end.stop_reason) == (TrialState.SUCCEEDED, StopReason.REPLAYED)
    assert end.epochs == 4
    for left, right in zip(whole.reports[1][:4], again.reports[1], strict=True):
        exact = engine.kernel is not Kernel.STACK
        close = 0.0 if exact else 1e-5
        assert left.score_val == pytest.approx(right.score_val, abs=close)
        assert left.val_loss == pytest.approx(right.val_loss, abs=close)
        assert left.train_loss == pytest.approx(right.train_loss, abs=close)


def test_a_replay_of_what_had_ended_by_itself_ends_the_same_way() -> None:
    still = lane(1, learning_rate=1e-30)
    found = train([still], classes(), Limits(60, stop_after=50)).ended[1].end
    assert found.stop_reason is StopReason.EARLY_STOPPING
    assert found.epochs < 50
    done = train([still], classes(), Limits(5, stop_after=5)).ended[1].end
    assert done.stop_reason is StopReason.MAX_EPOCHS


def test_outputs_that_are_not_finite_score_nothing() -> None:
    matrices = matrices_for(Metric.MAE)
    wild = lane(1, hidden=(8, 8), learning_rate=10.0, weight_decay=10.0, optimizer=Optimizer.SGD)
    for engine in ENGINES:
        end = train([wild], matrices, 9, engine).ended[1].end
        assert end.state is TrialState.FAILED
        assert end.score_val is None or np.isfinite(end.score_val)
