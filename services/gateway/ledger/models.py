"""The weights of trials, as files beside the datasets."""

from __future__ import annotations

import asyncio

from layerlab.domain.problem import NotFound
from layerlab.domain.study import Trial
from layerlab.ports import DatasetStore


def _name(study_id: str, trial: Trial) -> str:
    # With the attempt, so that a zombie's upload can't replace the weights of the next attempt.
    return f"models/{study_id}/{trial.number}-{trial.attempt}.safetensors"


async def save_model(models: DatasetStore, study_id: str, trial: Trial, weights: bytes) -> None:
    await models.put_bytes(_name(study_id, trial), weights)


async def load_model(models: DatasetStore, study_id: str, trial: Trial) -> bytes:
    """:raises NotFound: `no_model`."""
    if not trial.has_model:
        raise NotFound("no_model", f"Trial {trial.number} of study {study_id} has no model.")
    async with models.open(_name(study_id, trial)) as path:
        return await asyncio.to_thread(path.read_bytes)
