"""Evaluations of trials: the log says that there is one; it is a file beside the datasets."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass

from layerlab.domain.evaluation import EvaluatedRows, Evaluation
from layerlab.domain.evaluation_document import evaluation_from_json, evaluation_to_json
from layerlab.domain.json_value import JsonValue, canonical
from layerlab.ports import DatasetStore
from services.gateway.ledger.doc import Doc


@dataclass(frozen=True, slots=True)
class KeptEvaluation:
    """`attempt`: of the cohort that has made it."""

    number: int
    rows: EvaluatedRows
    attempt: int

    def to_json(self) -> dict[str, JsonValue]:
        return {"number": self.number, "rows": self.rows.value, "attempt": self.attempt}

    @classmethod
    def from_doc(cls, doc: Doc) -> KeptEvaluation:
        return cls(doc.whole("number"), doc.member("rows", EvaluatedRows), doc.whole("attempt"))

    def file_name(self, study_id: str) -> str:
        # With the attempt, so that a zombie's upload can't replace what the next one has made.
        return f"evaluations/{study_id}/{self.number}-{self.rows.value}-{self.attempt}.json"


async def save_evaluation(
    files: DatasetStore, study_id: str, kept: KeptEvaluation, evaluation: Evaluation
) -> None:
    body = canonical(evaluation_to_json(evaluation)).encode()
    await files.put_bytes(kept.file_name(study_id), body)


async def load_evaluation(files: DatasetStore, study_id: str, kept: KeptEvaluation) -> Evaluation:
    """:raises NotFound: `no_such_file`."""
    async with files.open(kept.file_name(study_id)) as path:
        body = await asyncio.to_thread(path.read_bytes)
    return evaluation_from_json(json.loads(body))
