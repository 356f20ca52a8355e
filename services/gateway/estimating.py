"""What a study would take, measured by a probe: a study of a few seconds that is in no list."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from time import monotonic
from typing import Final

from layerlab.domain.estimate import Estimate
from layerlab.domain.json_value import JsonValue, canonical
from layerlab.domain.problem import Conflict, InvalidInput
from layerlab.domain.spec import Budget, Search, StudyKind, StudySpec, VerdictMode
from layerlab.domain.table_shape import TableShape
from layerlab.ports import RunStore
from services.gateway.idempotency import Answers, hash_of
from services.gateway.ledger import Ledger, StudyVerb, TrialQuery
from services.gateway.ledger.doc import Doc
from services.gateway.ledger.estimate_documents import estimate_from_json, estimate_to_json
from services.gateway.ledger.ids import new_id
from services.gateway.ledger.spec_documents import spec_to_json
from services.gateway.predicting import Measured, predict
from services.gateway.streams import closing_stream

PROBE_TRIALS: Final = 32
PROBE_SECONDS: Final = 2.5
_PATIENCE_SECONDS: Final = 3.0
# A table that was never trained on is prepared first; a second probe finds it ready.
_MOST_SECONDS: Final = 10.0
_WORKER_MEMORY: Final = timedelta(seconds=60)
_PAGE: Final = 1000


@dataclass(frozen=True, slots=True)
class Probe:
    """`seconds` it took, all of its tries together; `trials` that have trained in the last one."""

    study_id: str
    seconds: float
    trials: int


@dataclass(frozen=True, slots=True)
class Prediction:
    """`designs`: how many the space has; None when they can't be counted."""

    estimate: Estimate
    designs: int | None
    probe: Probe | None


class Estimator:
    def __init__(self, ledger: Ledger, store: RunStore, answers: Answers) -> None:
        self._ledger = ledger
        self._store = store
        self._answers = answers

    async def estimate(self, spec: StudySpec, table: TableShape) -> Prediction:
        """Keeps the estimate for a day, for the study that it is of."""
        crowded = bool(await self._others())
        began = monotonic()
        probe_id, measured = await self._probe(spec, table, crowded)
        while not _trained(measured) and not crowded and await self._has_workers():
            if monotonic() - began + _PATIENCE_SECONDS > _MOST_SECONDS:
                break
            probe_id, measured = await self._probe(spec, table, crowded)
        outlook = predict(spec, table, measured)
        estimate = Estimate(
            new_id(),
            round(outlook.seconds.low, 2),
            round(outlook.seconds.high, 2),
            round(outlook.size_bytes.low),
            round(outlook.size_bytes.high),
            outlook.trials,
            outlook.is_rough,
        )
        document = canonical({"estimate": estimate_to_json(estimate)})
        await self._answers.remember(_key(estimate.estimate_id), _hash(spec), document)
        probe = Probe(probe_id, round(monotonic() - began, 2), _trained(measured))
        return Prediction(estimate, spec.space.size(), probe)

    async def recall(self, estimate_id: str, spec: StudySpec) -> Estimate:
        """The estimate of this very study.

        :raises InvalidInput: `unknown_estimate`, `estimate_of_another_study`.
        """
        try:
            document = await self._answers.recall(_key(estimate_id), _hash(spec))
        except Conflict as problem:
            raise InvalidInput(
                "estimate_of_another_study",
                "This estimate is of a study that was asked for in other words.",
                hint="Estimate this one, or leave `estimate_id` out.",
                field="estimate_id",
            ) from problem
        estimate = estimate_from_json(Doc(json.loads(document))) if document else None
        if estimate is None:
            raise InvalidInput(
                "unknown_estimate",
                "There is no such estimate; they are kept for a day.",
                hint="Ask POST /v1/studies:estimate again, or leave `estimate_id` out.",
                field="estimate_id",
            )
        return estimate

    async def _probe(
        self, spec: StudySpec, table: TableShape, crowded: bool
    ) -> tuple[str, Measured]:
        view = await self._ledger.create_study(_probe_spec(spec), "", table)
        study_id = view.study.study_id
        try:
            with suppress(TimeoutError):
                async with (
                    asyncio.timeout(_PATIENCE_SECONDS),
                    closing_stream(self._ledger.follow(study_id)) as events,
                ):
                    async for _ in events:
                        pass
        finally:
            # Nobody waits for what it would still find out, least of all a client that has left.
            with suppress(Conflict):
                await asyncio.shield(self._ledger.move_by_user(study_id, StudyVerb.CANCEL))
        return study_id, await self._look_back(study_id, crowded)

    async def _look_back(self, study_id: str, crowded: bool) -> Measured:
        query = TrialQuery("number", _PAGE, purposes=frozenset())
        page = await self._ledger.list_trials(study_id, query)
        cohorts = await self._ledger.list_cohorts(study_id, _PAGE, "")
        workers = await self._workers()
        return Measured(
            page.trials,
            cohorts.cohorts,
            max(1, len(workers)),
            max(1, sum(workers)),
            crowded,
        )

    async def _has_workers(self) -> bool:
        return bool(await self._workers())

    async def _workers(self) -> list[int]:
        """Threads of each that is there."""
        known = await self._store.list_workers(await self._store.now() - _WORKER_MEMORY)
        return [each.threads for each in known if each.disconnected_at is None]

    async def _others(self) -> int:
        """Studies that have not ended."""
        return len(await self._store.list_studies(active_only=True, limit=1))


def _probe_spec(spec: StudySpec) -> StudySpec:
    planned = spec.planned_trials
    trials = PROBE_TRIALS if planned is None else min(PROBE_TRIALS, max(1, planned))
    return replace(
        spec,
        name="Probe",
        # Of a grid's first designs all but one field are alike, and what learns has nothing yet.
        search=Search.RANDOM,
        budget=Budget(trials, spec.budget.max_epochs, PROBE_SECONDS),
        designs=(),
        verdict=VerdictMode.OFF,
        kind=StudyKind.PROBE,
    )


def _trained(measured: Measured) -> int:
    return sum(trial.epochs > 0 for trial in measured.trials)


def _key(estimate_id: str) -> str:
    return f"estimate:{estimate_id}"


def _hash(spec: StudySpec) -> str:
    """Of what an estimate depends on: what people call a study is no part of that."""
    return hash_of(canonical(spec_to_json(replace(spec, name=""))))


def prediction_to_json(prediction: Prediction) -> dict[str, JsonValue]:
    estimate, probe = prediction.estimate, prediction.probe
    return {
        "estimate_id": estimate.estimate_id,
        "seconds": {"low": estimate.seconds_low, "high": estimate.seconds_high},
        "bytes": {"low": estimate.bytes_low, "high": estimate.bytes_high},
        "trials": estimate.trials,
        "designs": prediction.designs,
        "probe": None
        if probe is None
        else {"study_id": probe.study_id, "seconds": probe.seconds, "trials": probe.trials},
        "is_rough": estimate.is_rough,
    }
