"""Baselines: fitted to the rows they are given, within the time, and scored like networks."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge

from layerlab.domain.baseline import Baseline
from layerlab.domain.dataset import Task
from layerlab.domain.design import Design
from layerlab.domain.metric import Metric
from layerlab.domain.study import Proposal
from layerlab.domain.trial import FailureReason, StopReason, TrialState
from services.trainer.baselines import fitting
from services.trainer.baselines.fitting import fit_all
from services.trainer.baselines.models import FITS, Order, OutOfTime, fit_trees
from services.trainer.baselines.process import BaselineProcess
from services.trainer.engine import Matrices, Rows
from services.trainer.executor import JobFailed
from services.trainer.messages import ArrayFiles, BaselineJob, Fitted
from tests.unit.trainer.builders import classes, quantity
from tests.waiting import until

LANES = tuple(
    Proposal(n, Design(()), 5, baseline=each) for n, each in enumerate(reversed(Baseline), 1)
)
NUMBERS = {each.baseline: each.number for each in LANES}


def job_of(
    folder: Path,
    matrices: Matrices,
    metric: Metric | None = None,
    *,
    test: bool = True,
    seconds_left: float | None = None,
    share: float = 1.0,
) -> BaselineJob:
    def save(name: str, rows: Rows) -> ArrayFiles:
        files = ArrayFiles(str(folder / f"{name}.x.npy"), str(folder / f"{name}.y.npy"))
        np.save(files.features, rows.features)
        np.save(files.targets, rows.targets)
        return files

    return BaselineJob(
        lanes=LANES,
        task=matrices.task,
        n_outputs=matrices.n_outputs,
        train=save("train", matrices.train),
        validation=save("val", matrices.val),
        test=save("test", matrices.val) if test else None,
        seconds_left=seconds_left,
        metric=metric,
        share=share,
        rows_key="key",
    )


def fitted(job: BaselineJob) -> Mapping[Baseline | None, Fitted]:
    by_number = {each.end.number: each for each in fit_all(job, time.monotonic())}
    return {baseline: by_number[number] for baseline, number in NUMBERS.items()}


def score(found: Mapping[Baseline | None, Fitted], baseline: Baseline) -> float:
    end = found[baseline].end
    assert end.state is TrialState.SUCCEEDED, end
    assert end.score_val is not None
    return end.score_val


def test_classes_are_told_as_scikit_learns_own_estimators_tell_them(tmp_path: Path) -> None:
    matrices = classes(rows=400, val=200)
    train, val = matrices.train, matrices.val
    # With an eye on the clock, and so in steps.
    found = fitted(job_of(tmp_path, matrices, seconds_left=600.0))

    def own(estimator: LogisticRegression) -> float:
        trained = estimator.fit(train.features, train.targets)
        return float(trained.score(val.features, val.targets))

    assert score(found, Baseline.CONSTANT) == own(DummyClassifier())
    assert score(found, Baseline.LINEAR) == own(LogisticRegression(max_iter=1000))
    assert score(found, Baseline.TREES) == own(HistGradientBoostingClassifier(random_state=5))


def test_quantities_are_told_as_scikit_learns_own_estimators_tell_them(tmp_path: Path) -> None:
    matrices = quantity(rows=400, val=200)
    train, val = matrices.train, matrices.val
    found = fitted(job_of(tmp_path, matrices))

    def own(estimator: Ridge) -> float:
        trained = estimator.fit(train.features, train.targets)
        return float(trained.score(val.features, val.targets))

    assert score(found, Baseline.LINEAR) == pytest.approx(own(Ridge()), abs=1e-6)
    trees = own(HistGradientBoostingRegressor(random_state=5))
    assert score(found, Baseline.TREES) == pytest.approx(trees, abs=1e-6)
    assert score(found, Baseline.CONSTANT) <= 0.0


def test_the_constant_knows_the_classes_frequencies_and_nothing_of_the_rows(
    tmp_path: Path,
) -> None:
    matrices = classes(rows=400, val=200)
    shares = np.bincount(matrices.train.targets, minlength=3) / 400
    expected = -np.log(shares[matrices.val.targets]).mean()
    scores = {
        metric: score(fitted(job_of(tmp_path, matrices, metric)), Baseline.CONSTANT)
        for metric in (Metric.LOG_LOSS, Metric.AUC, Metric.BALANCED_ACCURACY)
    }
    assert scores[Metric.LOG_LOSS] == pytest.approx(expected)
    assert scores[Metric.AUC] == 0.5
    assert scores[Metric.BALANCED_ACCURACY] == pytest.approx(1 / 3)


def test_the_cheapest_comes_first(tmp_path: Path) -> None:
    found = fit_all(job_of(tmp_path, classes()), time.monotonic())
    assert [each.end.number for each in found] == [NUMBERS[baseline] for baseline in FITS]


def test_test_rows_are_scored_only_where_they_are_given(tmp_path: Path) -> None:
    matrices = classes()
    for each in fitted(job_of(tmp_path, matrices)).values():
        assert each.test_score is not None
        # The test rows are the validation rows, here.
        assert (each.test_score.score, each.test_score.rows) == (each.end.score_val, 40)
    for each in fitted(job_of(tmp_path, matrices, test=False)).values():
        assert each.test_score is None


def test_a_share_of_the_rows_is_all_that_is_fitted_to(tmp_path: Path) -> None:
    matrices = classes(rows=400)
    # Beyond recognition, unless few of the rows are in use.
    some = fitted(job_of(tmp_path, matrices, share=0.05))
    everything = fitted(job_of(tmp_path, matrices))
    assert score(some, Baseline.LINEAR) < score(everything, Baseline.LINEAR)


def test_of_a_large_table_a_sample_is_fitted_to_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fitting, "MOST_ROWS", 50)
    found = fitted(job_of(tmp_path, classes(rows=75)))
    for baseline in (Baseline.LINEAR, Baseline.TREES):
        assert "Fitted to 50 of 75 training rows." in found[baseline].end.detail
    assert found[Baseline.CONSTANT].end.detail == ""


def test_trees_that_are_out_of_time_keep_the_iterations_they_have() -> None:
    matrices = classes(rows=20_000, inputs=40)
    order = Order(matrices.train, matrices.task, 3, seed=1, deadline=time.monotonic() + 0.6)
    try:
        fit = fit_trees(order)
    except OutOfTime:
        pytest.skip("this machine was too busy for a single iteration")
    assert fit.is_cut
    assert 0 < fit.iterations < 100
    assert fit.model.outputs(matrices.val.features).shape == (40, 3)


def test_without_any_time_nothing_is_fitted_but_the_constant(tmp_path: Path) -> None:
    found = fitted(job_of(tmp_path, classes(), seconds_left=-1.0))
    states = {baseline: each.end.state for baseline, each in found.items()}
    assert states == {
        Baseline.CONSTANT: TrialState.SUCCEEDED,
        Baseline.LINEAR: TrialState.CANCELLED,
        Baseline.TREES: TrialState.CANCELLED,
    }


def test_training_rows_of_one_class_leave_only_the_constant_to_say(tmp_path: Path) -> None:
    matrices = classes()
    train = Rows(matrices.train.features, np.ones_like(matrices.train.targets))
    lonely = Matrices(Task.CLASSIFICATION, 3, train, matrices.val)
    scores = {score(fitted(job_of(tmp_path, lonely)), each) for each in Baseline}
    assert scores == {float((matrices.val.targets == 1).mean())}


def test_a_class_without_training_rows_is_never_expected(tmp_path: Path) -> None:
    matrices = classes(rows=300)
    kept = matrices.train.targets != 1
    train = Rows(matrices.train.features[kept], matrices.train.targets[kept])
    found = fitted(job_of(tmp_path, Matrices(Task.CLASSIFICATION, 3, train, matrices.val)))
    for each in Baseline:
        assert 0.0 < score(found, each) < 1.0
        assert np.isfinite(found[each].end.val_loss or np.nan)


async def test_a_process_of_its_own_says_the_same(tmp_path: Path) -> None:
    job = job_of(tmp_path, classes(), Metric.LOG_LOSS)
    async with BaselineProcess(threads=1) as process:
        found = {each.end.number: each async for each in process.fit(job)}
    here = {each.end.number: each for each in fitted(job).values()}
    assert found.keys() == here.keys()
    for number, each in found.items():
        assert each.end.score_val == pytest.approx(here[number].end.score_val, rel=1e-9)
        assert each.test_score is not None
        assert each.made is not None
        assert each.made.versions["scikit-learn"]
        assert each.made.machine["threads"] == "1"


async def test_a_process_that_can_not_get_its_memory_fails_and_says_so(tmp_path: Path) -> None:
    # Less than Python and numpy take.
    process = BaselineProcess(memory_bytes=30_000_000)
    with pytest.raises(JobFailed) as caught:
        async for _ in process.fit(job_of(tmp_path, classes())):
            pass
    assert caught.value.reason in (FailureReason.OUT_OF_MEMORY, FailureReason.INTERNAL)


async def test_the_process_is_over_soon_after_the_deadline(tmp_path: Path) -> None:
    # Minutes of work.
    matrices = classes(rows=60_000, inputs=300)
    job = job_of(tmp_path, matrices, seconds_left=2.0)
    began = time.monotonic()
    async with BaselineProcess(threads=1) as process:
        ends = [each.end async for each in process.fit(job)]
        assert process.waiting_pid is None or len(ends) == len(LANES)
    assert time.monotonic() - began < 30.0
    assert len(ends) < 3 or ends[-1].stop_reason is StopReason.TIME_BUDGET


async def test_a_process_is_kept_for_the_next_job_and_ends_when_none_comes(tmp_path: Path) -> None:
    job = job_of(tmp_path, classes())
    async with BaselineProcess(threads=1, idle_seconds=0.5) as process:
        first = [each.end.score_val async for each in process.fit(job)]
        pid = process.waiting_pid
        assert pid is not None
        second = [each.end.score_val async for each in process.fit(job)]
        assert (second, process.waiting_pid) == (first, pid)

        await until(lambda: not Path(f"/proc/{pid}").exists())
        # And the one after that gets another.
        assert [each.end.score_val async for each in process.fit(job)] == first


async def test_whoever_leaves_early_leaves_no_process(tmp_path: Path) -> None:
    process = BaselineProcess(threads=1)
    async with aclosing(process.fit(job_of(tmp_path, classes()))) as fits:
        await anext(fits)
    assert process.waiting_pid is None
