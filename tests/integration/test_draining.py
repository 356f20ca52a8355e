"""A trainer that is drained and resumed by hand, on a real RabbitMQ and the real ledger."""

from __future__ import annotations

import uuid
from pathlib import Path

from layerlab.adapters.rabbitmq import open_rabbitmq
from layerlab.adapters.rabbitmq_topology import Topology
from layerlab.domain.trial import CohortState
from services.trainer.child_process import TrainingChild
from services.trainer.settings import TrainerSettings
from tests.integration.scheduler_world import until
from tests.integration.test_lookahead import Trainer
from tests.integration.trainer_world import open_trainer_world
from tests.servers import RabbitMQ


async def test_a_drained_trainer_ends_its_cohort_and_takes_no_more_until_it_is_resumed(
    tmp_path: Path, rabbitmq: RabbitMQ
) -> None:
    topology = Topology(f"layerlab.{uuid.uuid4().hex}")
    async with (
        open_trainer_world(tmp_path, TrainingChild(TrainerSettings())) as world,
        open_rabbitmq(rabbitmq.url, "test", topology) as queue,
    ):
        trainer, ledger = Trainer(world, tmp_path / "matrices", queue), world.world.ledger

        async def is_idle() -> bool:
            [worker] = await ledger.list_workers()
            return worker.draining and not worker.cohort_id

        async def is_out_of_line() -> bool:
            depth = await queue.depth()
            return (depth.ready, depth.unacknowledged, depth.consumers) == (1, 0, 0)

        study_id = await world.study(max_epochs=3)
        async with trainer.serving():
            mine = await trainer.put(study_id, 1)
            await world.epochs_reported(study_id)
            assert (await ledger.drain_worker("w1")).draining
            left = await trainer.put(study_id, 2)
            trainer.steps.finish(1)
            await trainer.becomes(mine, CohortState.ENDED)
            await until(is_idle)
            await until(is_out_of_line)
            assert trainer.steps.begun == [1]
            assert await trainer.state(left) is CohortState.QUEUED

            assert not (await ledger.drain_worker("w1", wanted=False)).draining
            await trainer.becomes(left, CohortState.RUNNING)
            trainer.steps.finish(2)
            await trainer.becomes(left, CohortState.ENDED)
            assert trainer.steps.begun == [1, 2]
