"""A table may be larger than memory: it is read where it lies, and never held."""

from __future__ import annotations

import io
import time
from pathlib import Path

import numpy as np
import pytest
from safetensors import numpy as safetensors

from layerlab.domain.dataset import Task
from layerlab.domain.spec import Engine as EngineName
from services.trainer.child import Outbox, ReceivedJob
from services.trainer.control import Control
from services.trainer.engine import Engine
from services.trainer.initial import initial_weights
from services.trainer.jobs import run_job
from services.trainer.keras_engine import KerasEngine
from services.trainer.messages import ArrayFiles, ScoreJob, TrainJob
from services.trainer.native.engine import NativeEngine
from services.trainer.native.processor import kernels_path
from tests.unit.memory import growth
from tests.unit.trainer.builders import CPU, FUSED, lane

_ROWS, _INPUTS, _CLASSES = 330_000, 160, 3
_ENGINES: list[Engine] = [FUSED, KerasEngine(CPU)]
if kernels_path():
    _ENGINES.append(NativeEngine(2))


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> ArrayFiles:
    """Of 211 MB."""
    folder = tmp_path_factory.mktemp("table")
    files = ArrayFiles(str(folder / "x.npy"), str(folder / "y.npy"))
    x = np.lib.format.open_memmap(files.features, "w+", np.float32, (_ROWS, _INPUTS))
    x[:] = np.random.default_rng(0).random((1000, _INPUTS), np.float32).repeat(_ROWS // 1000, 0)
    np.save(files.targets, np.arange(_ROWS) % _CLASSES)
    return files


@pytest.mark.parametrize("engine", _ENGINES, ids=lambda each: type(each).__name__)
def test_training_and_scoring_copy_no_table(engine: Engine, table: ArrayFiles) -> None:
    size = Path(table.features).stat().st_size
    only = lane(hidden=(4,), batch_size=4096)
    weights = safetensors.save(initial_weights(only.design, _INPUTS, _CLASSES, seed=1))
    # What Keras and torch load once, and keep, is not the table's.
    run(ScoreJob(only, EngineName.FUSED, Task.CLASSIFICATION, head(table), weights), engine)
    with growth() as training:
        run(train_job(table), engine)
    with growth() as scoring:
        run(ScoreJob(only, EngineName.FUSED, Task.CLASSIFICATION, table, weights), engine)
    assert training.most < size / 3
    assert scoring.most < size / 3


def train_job(table: ArrayFiles) -> TrainJob:
    lanes = tuple(lane(number, hidden=(4,), batch_size=4096) for number in (1, 2))
    return TrainJob(
        lanes=lanes,
        engine=EngineName.FUSED,
        task=Task.CLASSIFICATION,
        n_outputs=_CLASSES,
        train=table,
        validation=table,
        max_epochs=1,
        seconds_left=None,
        best=None,
    )


def head(table: ArrayFiles) -> ArrayFiles:
    """Its first rows, beside it."""
    files = ArrayFiles(f"{table.features}.head.npy", f"{table.targets}.head.npy")
    for whole, part in ((table.features, files.features), (table.targets, files.targets)):
        np.save(part, np.load(whole, mmap_mode="r")[:100])
    return files


def run(job: TrainJob | ScoreJob, engine: Engine) -> None:
    said = io.BytesIO()
    run_job(ReceivedJob(job, Control(), time.monotonic()), engine, Outbox(said))
    assert said.getvalue()
