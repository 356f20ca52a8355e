"""What the gateway does for the world: the functions behind both REST and gRPC."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from layerlab.domain.dataset import Dataset, TableRows
from layerlab.domain.event import Event
from layerlab.domain.json_value import JsonObject, canonical
from layerlab.domain.matrices import Split, matrix_spec
from layerlab.domain.problem import Conflict, InvalidInput, NotFound
from layerlab.domain.spec import StudySpec
from layerlab.domain.study import Trial
from layerlab.domain.table_shape import TableShape, estimate_shape
from layerlab.domain.worker import Worker
from layerlab.ports import Ingest, RunStore
from services.gateway.curves import thin_curve
from services.gateway.estimating import Estimator, Prediction
from services.gateway.evaluating import Evaluator
from services.gateway.idempotency import Answers, hash_of
from services.gateway.ledger import (
    ActivityPage,
    CohortPage,
    CurvePoint,
    Description,
    Ledger,
    StudyQuery,
    StudyVerb,
    StudyView,
    TrialPage,
    TrialQuery,
    TrialSelection,
)
from services.gateway.ledger.documents import study_from_json, study_to_json
from services.gateway.own_designs import OwnDesigns
from services.gateway.receipts import TrialReceipt, receipt_of
from services.gateway.study_request import StudyRequest, build_spec, parse_request
from services.gateway.text import display_name
from services.gateway.verifying import Verifier

MAX_PAGE: Final = 1000
MAX_ROWS: Final = 200
# 64 bits of a hash.
_ID_LENGTH: Final = 16
_DEFAULT_NAME: Final = "Untitled table"


@dataclass(frozen=True, slots=True)
class NamedStudy:
    """A study with the display name of its dataset, which the ledger doesn't know."""

    view: StudyView
    dataset_name: str

    def to_json(self) -> JsonObject:
        return study_to_json(self.view, self.dataset_name)


class Application:
    """Every public operation, once. Errors are domain Problems; `Unavailable` from all of them.

    `designs`, `verifier`, `evaluator`, `estimator`: operations that have a module of their own.
    """

    def __init__(self, ledger: Ledger, store: RunStore, ingest: Ingest) -> None:
        self._ledger = ledger
        self._store = store
        self._ingest = ingest
        self._answers = Answers(store)
        self.designs = OwnDesigns(ledger, self._answers)
        self.verifier = Verifier(ledger)
        self.evaluator = Evaluator(ledger)
        self.estimator = Estimator(ledger, store, self._answers)
        # Of display names only, so that a list of studies doesn't read every profile.
        self._names: dict[str, str] = {}

    # Datasets.

    async def upload_dataset(
        self, name: str, chunks: AsyncIterator[bytes], key: str = ""
    ) -> Dataset:
        """Streams a CSV to ingest and records the dataset that it becomes.

        :raises Problem: what is wrong with the table, and where; nothing is kept then.
        :raises Conflict: `idempotency_key_reused`.
        """
        name = display_name(name, _DEFAULT_NAME)
        if not key:
            return await self._store_dataset(name, chunks)
        async with self._answers.one_at_a_time(key):
            return await self._upload_once(name, chunks, f"dataset:{key}")

    async def _upload_once(self, name: str, chunks: AsyncIterator[bytes], key: str) -> Dataset:
        digest = hashlib.sha256(name.encode() + b"\n")
        answer: str | None = None

        async def digested() -> AsyncIterator[bytes]:
            nonlocal answer
            async for chunk in chunks:
                digest.update(chunk)
                yield chunk
            # Before the stream ends, so that another body than the first one is not kept.
            answer = await self._answers.recall(key, digest.hexdigest())

        dataset = await self._store_dataset(name, digested())
        if answer is None:
            await self._answers.remember(key, digest.hexdigest(), name)
        return replace(dataset, name=name)

    async def _store_dataset(self, name: str, chunks: AsyncIterator[bytes]) -> Dataset:
        dataset = await self._ingest.store_dataset(name, chunks)
        await self._store.put_dataset(dataset)
        self._names[dataset.dataset_id] = dataset.name
        return await self._store.get_dataset(dataset.dataset_id) or dataset

    async def get_dataset(self, dataset_id: str) -> Dataset:
        """:raises NotFound: `unknown_dataset`."""
        dataset = await self._store.get_dataset(dataset_id)
        if dataset is None:
            raise NotFound(
                "unknown_dataset",
                "There is no such dataset.",
                hint="Upload the table first; GET /v1/datasets lists what is there.",
                field="dataset_id",
            )
        return dataset

    async def list_rows(self, dataset_id: str, limit: int) -> TableRows:
        """The first rows, as text.

        :raises NotFound: `unknown_dataset`.
        :raises InvalidInput: `row_limit`.
        """
        if not 1 <= limit <= MAX_ROWS:
            raise InvalidInput(
                "row_limit", f"`limit` must be 1 to {MAX_ROWS}, not {limit}.", field="limit"
            )
        dataset = await self.get_dataset(dataset_id)
        return await self._ingest.read_rows(dataset.dataset_id, limit)

    async def list_datasets(self, limit: int = 100) -> list[Dataset]:
        """Newest first.

        :raises InvalidInput: `page_size`.
        """
        check_page_size(limit)
        return await self._store.list_datasets(limit)

    # Studies.

    async def create_study(self, document: JsonObject, key: str = "") -> NamedStudy:
        """Records the study that `document` asks for.

        :raises NotFound: `unknown_dataset`.
        :raises InvalidInput: naming the field; see `study_request`.
        :raises Conflict: `idempotency_key_reused`.
        """
        if not key:
            return await self._record_study(document)
        async with self._answers.one_at_a_time(key):
            return await self._create_once(document, f"study:{key}")

    async def _create_once(self, document: JsonObject, key: str) -> NamedStudy:
        request_hash = hash_of(canonical(document))
        answer = await self._answers.recall(key, request_hash)
        if answer is not None:
            first = json.loads(answer)
            return NamedStudy(study_from_json(first), first["dataset_name"])
        # The id follows from the key, so that a study that was recorded just before a crash is
        # found again instead of recorded twice.
        study = await self._record_study(document, hash_of(key + request_hash)[:_ID_LENGTH])
        await self._answers.remember(key, request_hash, canonical(study.to_json()))
        return study

    async def _record_study(self, document: JsonObject, study_id: str = "") -> NamedStudy:
        request = parse_request(document)
        dataset, spec, table = await self._resolve(request)
        asked = request.estimate_id
        estimate = await self.estimator.recall(asked, spec) if asked else None
        try:
            view = await self._ledger.create_study(spec, study_id, table, estimate)
        except Conflict:
            if not study_id:
                raise
            view = await self._ledger.get_study(study_id)
        return NamedStudy(view, dataset.name)

    async def estimate_study(self, document: JsonObject) -> Prediction:
        """What the study that `document` asks for would take.

        :raises Problem: as `create_study`.
        """
        _, spec, table = await self._resolve(parse_request(document))
        return await self.estimator.estimate(spec, table)

    async def _resolve(self, request: StudyRequest) -> tuple[Dataset, StudySpec, TableShape]:
        dataset = await self.get_dataset(request.dataset_id)
        spec = build_spec(request, dataset)
        table = estimate_shape(dataset, spec.target, spec.task, spec.column_kinds, spec.split)
        return dataset, spec, table

    async def get_study(self, study_id: str) -> NamedStudy:
        """:raises NotFound: `unknown_study`."""
        return await self._named(await self._ledger.get_study(study_id))

    async def list_studies(self, query: StudyQuery) -> tuple[Sequence[NamedStudy], str]:
        """Newest first, and the token of the next page.

        :raises InvalidInput: `page_size`, `page_token`.
        """
        page = await self._ledger.list_studies(query)
        return [await self._named(view) for view in page.studies], page.next_page_token

    async def move_study(self, study_id: str, verb: StudyVerb) -> NamedStudy:
        """:raises NotFound: `unknown_study`.
        :raises Conflict: `illegal_move`.
        """
        return await self._named(await self._ledger.move_by_user(study_id, verb))

    async def describe_study(self, study_id: str, description: Description) -> NamedStudy:
        """:raises NotFound: `unknown_study`."""
        return await self._named(await self._ledger.describe_study(study_id, description))

    async def delete_study(self, study_id: str) -> NamedStudy:
        """:raises NotFound: `unknown_study`.
        :raises Conflict: `study_is_active`.
        """
        return await self._named(await self._ledger.delete_study(study_id))

    async def restore_study(self, study_id: str) -> NamedStudy:
        """:raises NotFound: `unknown_study`."""
        return await self._named(await self._ledger.restore_study(study_id))

    async def list_trials(self, study_id: str, query: TrialQuery) -> TrialPage:
        """:raises NotFound: `unknown_study`.
        :raises InvalidInput: `order_by`, `page_size`, `page_token`.
        """
        return await self._ledger.list_trials(study_id, query)

    async def select_trials(self, study_id: str, query: TrialQuery) -> TrialSelection:
        """All that match, at once.

        :raises NotFound: `unknown_study`.
        :raises InvalidInput: `order_by`, `where`.
        """
        return await self._ledger.select_trials(study_id, query)

    async def list_activity(self, study_id: str, size: int, page_token: str) -> ActivityPage:
        """:raises NotFound: `unknown_study`.
        :raises InvalidInput: `page_size`, `page_token`.
        """
        return await self._ledger.list_activity(study_id, size, page_token)

    async def get_trial(
        self, study_id: str, number: int, max_points: int = 0
    ) -> tuple[Trial, tuple[CurvePoint, ...]]:
        """`max_points`: as in `thin_curve`.

        :raises NotFound: `unknown_study`, `unknown_trial`.
        :raises InvalidInput: `invalid_max_points`.
        """
        trial, curve = await self._ledger.get_trial(study_id, number)
        return trial, thin_curve(curve, max_points, trial.best_epoch)

    async def list_cohorts(self, study_id: str, size: int, page_token: str) -> CohortPage:
        """In the order of registration.

        :raises NotFound: `unknown_study`.
        :raises InvalidInput: `page_size`, `page_token`.
        """
        return await self._ledger.list_cohorts(study_id, size, page_token)

    async def get_split(self, study_id: str) -> Split:
        """Which rows of the file train, steer the search and test.

        :raises NotFound: `unknown_study`.
        """
        spec = (await self._ledger.get_study(study_id)).study.spec
        return await self._ingest.get_split(matrix_spec(spec))

    async def get_receipt(self, study_id: str, number: int) -> TrialReceipt:
        """What a trial's result depends on.

        :raises NotFound: `unknown_study`, `unknown_trial`, `no_receipt`.
        """
        study = (await self._ledger.get_study(study_id)).study
        trial, cohort = await self._ledger.get_cohort_of(study_id, number)
        return receipt_of(study, trial, cohort)

    async def last_seq(self, study_id: str) -> int:
        """:raises NotFound: `unknown_study`."""
        return await self._ledger.last_seq(study_id)

    def follow(self, study_id: str, after: int) -> AsyncIterator[Event]:
        """Every event after `after`, in order, without a gap, until the study has ended.

        :raises NotFound: `unknown_study`.
        :raises InvalidInput: `cursor`, when `after` is beyond the log.
        """
        return self._ledger.follow(study_id, after)

    # Workers.

    async def list_workers(self) -> list[Worker]:
        """Those heard of in the last minute, sorted by id."""
        return await self._ledger.list_workers()

    async def _named(self, view: StudyView) -> NamedStudy:
        dataset_id = view.study.spec.dataset_id
        if dataset_id not in self._names:
            dataset = await self._store.get_dataset(dataset_id)
            self._names[dataset_id] = dataset.name if dataset else ""
        return NamedStudy(view, self._names[dataset_id])


def check_page_size(size: int) -> None:
    """:raises InvalidInput: `page_size`."""
    if not 1 <= size <= MAX_PAGE:
        raise InvalidInput(
            "page_size", f"`page_size` must be 1 to {MAX_PAGE}, not {size}.", field="page_size"
        )
