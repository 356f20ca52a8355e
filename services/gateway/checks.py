"""Whether what the gateway depends on can be reached."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from layerlab.domain.dataset import Task
from layerlab.domain.matrices import MatrixSpec
from layerlab.domain.recipe import RecipeName
from layerlab.ports import Ingest, RunStore
from services.gateway.routes.health import Check

# No dataset has this name, so asking for it costs nothing and is answered with NotFound.
_NOWHERE: Final = MatrixSpec("0" * 64, "target", Task.REGRESSION, RecipeName.PAPER, 0)


def readiness_checks(store: RunStore, ingest: Ingest) -> Mapping[str, Check]:
    async def ask_ingest() -> object:
        return await ingest.get_split(_NOWHERE)

    return {"store": store.now, "ingest": ask_ingest}
