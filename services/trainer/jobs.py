"""What the training child does with a job. Imports torch: only the child may import this."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from safetensors import numpy as safetensors

from layerlab.domain.study import Engine as EngineName
from layerlab.domain.study import Standing, TrialEnd
from layerlab.domain.trial import TrialState
from services.trainer.engine import Ended, Engine, Limits, Matrices, Rows
from services.trainer.fused.engine import FusedEngine
from services.trainer.messages import ArrayFiles, Done, Progress, Scored, ScoreJob

if TYPE_CHECKING:
    from services.trainer.child import Outbox, ReceivedJob


def prepare_torch(device: str) -> torch.device:
    """Settings that hold for the whole process. CUDA has not been tried: no GPU was at hand."""
    # Moments that decay towards 0 become denormal numbers, on which a CPU is ten times slower.
    # Before anything is computed: the threads that torch will start take it over.
    torch.set_flush_denormal(True)
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(device)


def run_job(received: ReceivedJob, device: torch.device, threads: int, outbox: Outbox) -> None:
    """Sends what happens, and at the end Done or Scored."""
    job = received.job
    engine = _engine(job.engine, device, threads)
    if isinstance(job, ScoreJob):
        weights = safetensors.load(job.weights)
        outbox.send(Scored(engine.score(job.lane, weights, _load(job.rows), job.task)))
        return
    deadline = None if job.seconds_left is None else received.received_at + job.seconds_left
    matrices = Matrices(job.task, job.n_outputs, _load(job.train), _load(job.validation))
    best = job.best
    limits = Limits(job.max_epochs, deadline, job.rungs)
    for tick in engine.train(job.lanes, matrices, limits, received.control):
        winner = best_of(tick.ended, best)
        ends = tuple(each.end for each in tick.ended)
        if winner is None or winner.weights is None:
            outbox.send(Progress(tick.reports, ends))
            continue
        best = standing_of(winner.end)
        document = safetensors.save(dict(winner.weights))
        outbox.send(Progress(tick.reports, ends, winner.end.number, document))
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


def _engine(name: EngineName, device: torch.device, threads: int) -> Engine:
    if name is EngineName.FUSED:
        return FusedEngine(device, threads)
    # Not before it is asked for: Keras costs 4 s and 170 MB.
    from services.trainer.keras_engine import KerasEngine

    return KerasEngine(device, threads)


def _load(files: ArrayFiles) -> Rows:
    return Rows(np.load(files.features, mmap_mode="r"), np.load(files.targets, mmap_mode="r"))
