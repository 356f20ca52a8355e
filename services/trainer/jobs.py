"""What the training child does with a job. Imports numpy: only the child may import this."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from safetensors import numpy as safetensors

from layerlab.domain.study import Standing, TrialEnd
from layerlab.domain.trial import TrialState
from services.trainer.batching import Batches
from services.trainer.engine import Ended, Engine, Limits, Matrices, Rows
from services.trainer.groups import group_lanes, shape_of, train_in_groups
from services.trainer.measuring import Meter
from services.trainer.memory import available_bytes
from services.trainer.messages import ArrayFiles, Done, Progress, Scored, ScoreJob, TrainJob
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
    """Sends what happens, and at the end Done or Scored.

    `available`: bytes that are left for training. `meter`: this process's.
    """
    job = received.job
    if isinstance(job, ScoreJob):
        weights = safetensors.load(job.weights)
        outbox.send(Scored(engine.score(job.lane, weights, _load(job.rows), job.task)))
        return
    deadline = None if job.seconds_left is None else received.received_at + job.seconds_left
    matrices = _load_matrices(job)
    limits = Limits(job.max_epochs, deadline, job.rungs)
    table = shape_of(matrices)
    groups = group_lanes(job.lanes, table, engine.kernel, engine.threads, available())
    measurement = (meter or Meter()).start(engine.kernel, job.lanes, groups, table)
    best, batches = job.best, Batches(outbox.send)
    received.control.watch(batches.flush_due)
    for tick in train_in_groups(engine, groups, matrices, limits, received.control):
        ends = tuple(each.end for each in tick.ended)
        stats = measurement.note(tick.reports, [end.number for end in ends])
        winner = best_of(tick.ended, best)
        if winner is None or winner.weights is None:
            batches.add(Progress(tick.reports, ends, stats=stats))
            continue
        best = standing_of(winner.end)
        document = safetensors.save(dict(winner.weights))
        batches.add(Progress(tick.reports, ends, winner.end.number, document, stats))
    outbox.send(Done())


def best_of(ended: Sequence[Ended], best: Standing | None) -> Ended | None:
    """The one that ranks highest, if it beats `best`: only its weights can be wanted."""
    winner: Ended | None = None
    for each in ended:
        standing = standing_of(each.end)
        if standing and standing.beats(best):
            winner, best = each, standing
    return winner


def standing_of(end: TrialEnd) -> Standing | None:
    if end.state is not TrialState.SUCCEEDED or end.score_val is None:
        return None
    return Standing(end.score_val, end.n_params or 0, end.number)


def _load_matrices(job: TrainJob) -> Matrices:
    train = _load(job.train)
    train = part_of(train, rows_of_share(train.count, job.share), job.rows_key, job.task)
    return Matrices(job.task, job.n_outputs, train, _load(job.validation))


def _load(files: ArrayFiles) -> Rows:
    # Maps that could be written to, privately: see tensors.py. Nobody does.
    return Rows(np.load(files.features, mmap_mode="c"), np.load(files.targets, mmap_mode="c"))
