"""Getting a trial's evaluation, and having it made where there is none."""

from __future__ import annotations

import time
from typing import Final, Literal, TypeAlias

from layerlab.client.errors import EvaluationFailed, NotFound, WaitTimeout
from layerlab.client.transport import Transport
from layerlab.domain.evaluation import Evaluation
from layerlab.domain.evaluation_document import evaluation_from_json

EvaluatedRows: TypeAlias = Literal["validation", "test"]
# Of one request, well within its time.
_LONGEST_WAIT_SECONDS: Final = 20.0


def find_evaluation(
    transport: Transport, path: str, timeout: float, rows: EvaluatedRows | None
) -> Evaluation:
    """`path`: the trial's. Errors are those of `Study.evaluation`."""
    try:
        return evaluation_from_json(transport.get(f"{path}/evaluation", {"rows": rows}))
    except NotFound as problem:
        if problem.code != "no_evaluation" or rows == "test":
            raise
    _make(transport, path, time.monotonic() + timeout)
    return evaluation_from_json(transport.get(f"{path}/evaluation", {"rows": rows}))


def _make(transport: Transport, path: str, deadline: float) -> None:
    run = transport.post(f"{path}:evaluate?wait=0")
    place = f"{path}/evaluations/{run['evaluation_id']}"
    while run["state"] == "RUNNING":
        left = deadline - time.monotonic()
        if left <= 0:
            raise WaitTimeout("The trial is still being evaluated.")
        run = transport.get(place, {"wait": min(left, _LONGEST_WAIT_SECONDS)})
    if run["state"] == "FAILED":
        raise EvaluationFailed(run["detail"])
