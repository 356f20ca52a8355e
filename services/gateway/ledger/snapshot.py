"""A record as one JSON text, so that opening a study reads only the events after it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from layerlab.domain.json_value import JsonValue, canonical
from layerlab.domain.study import Cohort, Purpose, Study, Trial
from layerlab.domain.trial import CohortState, StudyState
from layerlab.domain.verdict_document import verdict_from_json, verdict_to_json
from layerlab.ports import Snapshot
from services.gateway.ledger.cohort_documents import (
    receipt_from_json,
    receipt_to_json,
    stats_from_json,
    stats_to_json,
    table_from_json,
    table_to_json,
)
from services.gateway.ledger.doc import Doc, to_optional_time, to_time
from services.gateway.ledger.documents import (
    description_to_json,
    trial_from_json,
    with_description,
)
from services.gateway.ledger.estimate_documents import estimate_from_json, estimate_to_json
from services.gateway.ledger.evaluations import KeptEvaluation
from services.gateway.ledger.fold import CohortEntry, Record
from services.gateway.ledger.halving_documents import rungs_from_json, rungs_to_json
from services.gateway.ledger.spec_documents import spec_from_json, spec_to_json
from services.gateway.ledger.trial_columns import trials_from_columns, trials_to_columns

_VERSION: Final = 2
# An object a trial, as it was until there were columns.
_ROWS: Final = 1


def take_snapshot(record: Record) -> Snapshot:
    study = record.study
    body: JsonValue = {
        "version": _VERSION,
        "study_id": record.study_id,
        "seq": record.seq,
        "study": {
            "spec": spec_to_json(study.spec),
            "state": study.state.value,
            "created_at": to_time(study.created_at),
            "started_at": to_optional_time(study.started_at),
            "ended_at": to_optional_time(study.ended_at),
            "detail": study.detail,
            "traceparent": study.traceparent,
            "table": table_to_json(study.table),
            "verdict": verdict_to_json(study.verdict) if study.verdict else None,
            "estimate": estimate_to_json(study.estimate),
            **description_to_json(study),
            "changed": record.study_change,
        },
        # In the order of change, which is what the record keeps beside them.
        "trials": trials_to_columns([record.trials[each] for each in record.trial_changes]),
        "trial_changes": list(record.trial_changes.values()),
        "cohorts": [
            {**_entry_to_json(record.cohorts[cohort_id]), "changed": seq}
            for cohort_id, seq in record.cohort_changes.items()
        ],
        "evaluations": [kept.to_json() for kept in record.evaluations.values()],
    }
    return Snapshot(record.seq, canonical(body))


def restore_snapshot(snapshot: Snapshot) -> Record | None:
    """None for a snapshot of another version: the events say it all anyway."""
    doc = Doc(json.loads(snapshot.body))
    if doc.whole("version") not in (_VERSION, _ROWS):
        return None
    record = Record(doc.text("study_id"), seq=doc.whole("seq"))
    study = doc.doc("study")
    record.put_study(_study_from_json(record.study_id, study))
    record.study_change = study.whole("changed")
    for trial, changed in _trials_from_json(doc):
        record.put_trial(trial)
        record.trial_changes[trial.number] = changed
    for each in doc.docs("cohorts"):
        entry = _entry_from_json(record.study_id, each)
        record.put_cohort(entry)
        record.cohort_changes[entry.cohort.cohort_id] = each.whole("changed")
    # Snapshots from before there were evaluations lack them.
    for each in doc.docs("evaluations") if doc.has("evaluations") else ():
        record.put_evaluation(KeptEvaluation.from_doc(each))
    return record


def _trials_from_json(doc: Doc) -> Iterator[tuple[Trial, int]]:
    """Each with the event that last changed it."""
    if doc.whole("version") == _ROWS:
        rows = doc.docs("trials")
        return ((trial_from_json(each.fields), each.whole("changed")) for each in rows)
    trials = trials_from_columns(doc.doc("trials"))
    return zip(trials, doc.wholes("trial_changes"), strict=True)


def _study_from_json(study_id: str, doc: Doc) -> Study:
    study = Study(
        study_id,
        spec_from_json(doc.object("spec")),
        doc.member("state", StudyState),
        doc.time("created_at"),
        doc.optional_time("started_at"),
        doc.optional_time("ended_at"),
        doc.text("detail"),
        doc.text("traceparent") if doc.has("traceparent") else "",
        table_from_json(doc),
        verdict_from_json(doc.object("verdict")) if doc.has("verdict") else None,
        estimate_from_json(doc),
    )
    return with_description(study, doc)


def _entry_to_json(entry: CohortEntry) -> dict[str, JsonValue]:
    cohort = entry.cohort
    return {
        "cohort_id": cohort.cohort_id,
        "purpose": cohort.purpose.value,
        "numbers": list(cohort.numbers),
        "state": cohort.state.value,
        "attempt": cohort.attempt,
        "worker_id": cohort.worker_id,
        "incarnation": cohort.incarnation,
        "rungs": rungs_to_json(cohort.rungs),
        "stats": None if cohort.stats is None else stats_to_json(cohort.stats),
        "receipt": receipt_to_json(cohort.receipt),
        "since": to_time(entry.since),
        "lost_workers": entry.lost_workers,
        "failures": entry.failures,
    }


def _entry_from_json(study_id: str, doc: Doc) -> CohortEntry:
    cohort = Cohort(
        cohort_id=doc.text("cohort_id"),
        study_id=study_id,
        purpose=doc.member("purpose", Purpose),
        numbers=doc.wholes("numbers"),
        state=doc.member("state", CohortState),
        attempt=doc.whole("attempt"),
        worker_id=doc.text("worker_id"),
        incarnation=doc.text("incarnation"),
        seq=doc.whole("changed"),
        rungs=rungs_from_json(doc),
        stats=stats_from_json(doc),
        receipt=receipt_from_json(doc),
    )
    return CohortEntry(
        cohort,
        doc.time("since"),
        doc.whole("lost_workers"),
        doc.whole("failures"),
    )
