"""A job's baselines, one after another, cheapest first: fitted, scored, and told of."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from layerlab.domain.baseline import Baseline
from layerlab.domain.metric import default_metric
from layerlab.domain.study import Proposal, TestScore, TrialEnd
from layerlab.domain.trial import FailureReason, StopReason, TrialState
from services.trainer.baselines.models import FITS, Fit, Model, Order, OutOfTime, Outputs
from services.trainer.engine import Rows
from services.trainer.messages import ArrayFiles, BaselineJob, Fitted, Made
from services.trainer.scoring import Measure, sums_of
from services.trainer.share import part_of, rows_of_share
from services.trainer.versions import machine, versions_of

MOST_ROWS: Final = 200_000
"""That a baseline other than the constant is fitted to: more hardly change it, and take long."""

MOST_VALUES: Final = 100_000_000
"""Of features likewise: trees take them as float64."""

_CHUNK_VALUES: Final = 1 << 22
_COST: Final = tuple(FITS)


@dataclass(frozen=True, slots=True)
class Tables:
    """`test` is None when it is not to be touched; `sampled` says so if `part` is not all rows."""

    train: Rows
    part: Rows
    validation: Rows
    test: Rows | None
    sampled: str


def fit_all(job: BaselineJob, received_at: float) -> Iterator[Fitted]:
    """Each lane's end as soon as it is known. `received_at`: what its `seconds_left` counts from,
    by time.monotonic. The last ones share what time is left."""
    deadline = None if job.seconds_left is None else received_at + job.seconds_left
    tables, lanes = _load_all(job), sorted(job.lanes, key=_cost)
    for place, lane in enumerate(lanes):
        now = time.monotonic()
        left = None if deadline is None else now + (deadline - now) / (len(lanes) - place)
        yield _fitted(job, lane, tables, left)


def _fitted(job: BaselineJob, lane: Proposal, tables: Tables, deadline: float | None) -> Fitted:
    began = time.monotonic()
    baseline = _baseline(lane)
    train = tables.train if baseline is Baseline.CONSTANT else tables.part
    order = Order(train, job.task, job.n_outputs, lane.seed, deadline)
    try:
        fit = FITS[baseline](order)
        end = _success(job, lane, tables, fit, began)
        score = _test_score(job, lane, tables, fit.model)
    except OutOfTime:
        detail = "The study's time budget was over before it could be fitted."
        return Fitted(TrialEnd(lane.number, TrialState.CANCELLED, detail=detail))
    except MemoryError:
        detail = "The process that fits baselines could not get the memory that it needs."
        return Fitted(_failure(lane, FailureReason.OUT_OF_MEMORY, detail))
    except ValueError as error:
        # What an estimator has against the rows.
        return Fitted(_failure(lane, FailureReason.INTERNAL, str(error)[:500]))
    versions = versions_of("numpy", "scikit-learn")
    return Fitted(end, score, Made(versions, {**machine(), "threads": _threads()}))


def _success(job: BaselineJob, lane: Proposal, tables: Tables, fit: Fit, began: float) -> TrialEnd:
    outputs = _outputs(fit.model, tables.validation)
    sampled = "" if lane.baseline is Baseline.CONSTANT else tables.sampled
    return TrialEnd(
        number=lane.number,
        state=TrialState.SUCCEEDED,
        stop_reason=StopReason.TIME_BUDGET if fit.is_cut else None,
        detail=" ".join(filter(None, (fit.detail, sampled))),
        score_val=_measure(job).of_outputs(tables.validation.targets, outputs),
        val_loss=_mean_loss(job, tables.validation, outputs),
        fit_time_seconds=time.monotonic() - began,
    )


def _test_score(job: BaselineJob, lane: Proposal, tables: Tables, model: Model) -> TestScore | None:
    if tables.test is None:
        return None
    score = _measure(job).of_outputs(tables.test.targets, _outputs(model, tables.test))
    return TestScore(lane.number, score, tables.test.count)


def _outputs(model: Model, rows: Rows) -> Outputs:
    """In chunks: estimators copy what they see."""
    step = max(1, _CHUNK_VALUES // max(1, rows.features.shape[1]))
    starts = range(0, rows.count, step)
    return np.concatenate([model.outputs(rows.features[start : start + step]) for start in starts])


def _mean_loss(job: BaselineJob, rows: Rows, outputs: Outputs) -> float:
    """Cross-entropy in nats, or the squared error of the standardized target."""
    return sums_of(rows.targets, outputs, job.task).mean_losses[0]


def _measure(job: BaselineJob) -> Measure:
    return Measure(job.metric or default_metric(job.task), job.target_scale)


def _load_all(job: BaselineJob) -> Tables:
    all_rows = _load(job.train)
    count = rows_of_share(all_rows.count, job.share)
    train = part_of(all_rows, count, job.rows_key, job.task)
    most = min(MOST_ROWS, max(1, MOST_VALUES // max(1, train.features.shape[1])))
    return Tables(
        train=train,
        part=part_of(train, most, job.rows_key, job.task),
        validation=_load(job.validation),
        test=_load(job.test) if job.test else None,
        sampled=f"Fitted to {most:,} of {count:,} training rows." if most < count else "",
    )


def _load(files: ArrayFiles) -> Rows:
    return Rows(np.load(files.features, mmap_mode="r"), np.load(files.targets, mmap_mode="r"))


def _failure(lane: Proposal, reason: FailureReason, detail: str) -> TrialEnd:
    return TrialEnd(lane.number, TrialState.FAILED, reason, detail=detail)


def _threads() -> str:
    return os.environ.get("OMP_NUM_THREADS", str(len(os.sched_getaffinity(0))))


def _baseline(lane: Proposal) -> Baseline:
    if lane.baseline is None:
        raise ValueError(f"trial {lane.number} is no baseline")
    return lane.baseline


def _cost(lane: Proposal) -> int:
    return _COST.index(_baseline(lane))
