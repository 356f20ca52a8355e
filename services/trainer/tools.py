"""What every attempt of a trainer works with."""

from __future__ import annotations

from dataclasses import dataclass

from layerlab.domain.matrices import MatrixSpec, Part
from layerlab.ports import CohortLedger
from services.trainer.baselines.process import BaselineProcess
from services.trainer.executor import JobExecutor
from services.trainer.matrices import LocalMatrices, MatrixCache
from services.trainer.reporting import retry_while_unavailable


@dataclass(frozen=True, slots=True)
class Tools:
    ledger: CohortLedger
    matrices: MatrixCache
    executor: JobExecutor
    max_cohort_seconds: float
    baselines: BaselineProcess

    async def fetch_matrices(self, spec: MatrixSpec, *parts: Part) -> LocalMatrices:
        return await retry_while_unavailable(lambda: self.matrices.get(spec, parts), "matrices")

    async def download_model(self, study_id: str, number: int) -> bytes:
        return await retry_while_unavailable(
            lambda: self.ledger.download_model(study_id, number), "model"
        )
