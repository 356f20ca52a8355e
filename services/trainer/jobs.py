"""What the training child does with a job. Imports numpy: only the child may import this."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from safetensors import numpy as safetensors

from layerlab.domain.cohort_stats import CohortStats
from layerlab.domain.metric import default_metric
from services.trainer.batching import Batches
from services.trainer.control import Control
from services.trainer.engine import Ended, Engine, Limits, Matrices, Rows, Tick
from services.trainer.evaluating import Target, evaluate
from services.trainer.groups import group_lanes, shape_of, train_in_groups
from services.trainer.kept import KeptModels
from services.trainer.measuring import Meter
from services.trainer.memory import available_bytes
from services.trainer.messages import (
    ArrayFiles,
    Done,
    Evaluated,
    EvaluateJob,
    Made,
    Progress,
    Scored,
    ScoreJob,
    TrainJob,
)
from services.trainer.receipts import made_by
from services.trainer.scoring import Measure
from services.trainer.share import part_of, rows_of_share

if TYPE_CHECKING:
    from services.trainer.child import Outbox, ReceivedJob


def run_job(
    received: ReceivedJob,
    engine: Engine,
    outbox: Outbox,
    available: Callable[[], int | None] = available_bytes,
    meter: Meter | None = None,
) -> None:
    """Sends what happens, and at the end Done, Scored or Evaluated.

    `available`: bytes that are left for training. `meter`: this process's.
    """
    job = received.job
    if isinstance(job, ScoreJob):
        weights = safetensors.load(job.weights)
        outbox.send(Scored(engine.score(job.lane, weights, _load(job.rows), _measure(job))))
        return
    if isinstance(job, EvaluateJob):
        outbox.send(_evaluate(job, engine, received.control))
        return
    deadline = None if job.seconds_left is None else received.received_at + job.seconds_left
    matrices = _load_matrices(job)
    limits = Limits(job.max_epochs, deadline, job.rungs, job.stop_after)
    table = shape_of(matrices)
    groups = group_lanes(
        job.lanes, table, engine.kernel, engine.threads, available(), matrices.measure
    )
    measurement = (meter or Meter()).start(engine.kernel, job.lanes, groups, table)
    kept = KeptModels(job.best, job.keep, matrices.measure.metric)
    batches = Batches(outbox.send)
    received.control.watch(batches.flush_due)
    for tick in train_in_groups(engine, groups, matrices, limits, received.control):
        stats = measurement.note(tick.reports, [each.end.number for each in tick.ended])
        made = made_by(engine.kernel, engine.threads) if stats else None
        for progress in _progresses(tick, kept.take(tick.ended), stats, made):
            batches.add(progress)
    outbox.send(Done())


def _evaluate(job: EvaluateJob, engine: Engine, control: Control) -> Evaluated | Done:
    """Done: nobody wants it any more."""

    def watch() -> None:
        control.beat()
        if control.cancelled.is_set():
            raise _Cancelled

    rows, weights = _load(job.rows), safetensors.load(job.weights)
    target = Target(job.classes, job.target_mean, job.target_scale)
    try:
        outputs = engine.predict(job.lane, weights, rows.features, job.task, watch)
        evaluation = evaluate(job.part, target, rows.targets, outputs, watch)
    except _Cancelled:
        return Done()
    return Evaluated(_measure(job).of_outputs(rows.targets, outputs), evaluation)


class _Cancelled(Exception):
    """While it was being computed."""


def _progresses(
    tick: Tick, kept: Sequence[Ended], stats: CohortStats | None, made: Made | None
) -> Iterator[Progress]:
    """A message carries the weights of one lane: its end comes with them. The others' ends come
    last, and with them the statistics."""
    reports = tick.reports
    for each in kept[:-1]:
        yield Progress(reports, (each.end,), each.end.number, _document(each))
        reports = ()
    sent = [each.end.number for each in kept[:-1]]
    ends = tuple(each.end for each in tick.ended if each.end.number not in sent)
    rest = Progress(reports, ends, stats=stats, made=made)
    if kept:
        rest = replace(rest, model=kept[-1].end.number, weights=_document(kept[-1]))
    yield rest


def _document(ended: Ended) -> bytes:
    return safetensors.save(dict(ended.weights or {}))


def _load_matrices(job: TrainJob) -> Matrices:
    train = _load(job.train)
    train = part_of(train, rows_of_share(train.count, job.share), job.rows_key, job.task)
    val = _load(job.validation)
    return Matrices(job.task, job.n_outputs, train, val, job.metric, job.target_scale)


def _measure(job: ScoreJob | EvaluateJob) -> Measure:
    return Measure(job.metric or default_metric(job.task), job.target_scale)


def _load(files: ArrayFiles) -> Rows:
    # Maps that could be written to, privately: see tensors.py. Nobody does.
    return Rows(np.load(files.features, mmap_mode="c"), np.load(files.targets, mmap_mode="c"))
