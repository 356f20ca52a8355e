"""Cohorts, their statistics, and the shape that they are sized by, as JSON.

Logs from before there were statistics and shapes have neither.
"""

from __future__ import annotations

from layerlab.domain.cohort_stats import CohortStats
from layerlab.domain.json_value import JsonValue
from layerlab.domain.receipt import Receipt
from layerlab.domain.study import Cohort
from layerlab.domain.table_shape import TableShape
from services.gateway.ledger.doc import Doc
from services.gateway.ledger.halving_documents import rungs_to_json


def cohort_to_json(cohort: Cohort) -> dict[str, JsonValue]:
    """The public document."""
    return {
        "cohort_id": cohort.cohort_id,
        "purpose": cohort.purpose.value,
        "state": cohort.state.value,
        "numbers": list(cohort.numbers),
        "rungs": rungs_to_json(cohort.rungs),
        "attempt": cohort.attempt,
        "worker_id": cohort.worker_id,
        "stats": _public_stats(cohort.stats),
        "receipt": receipt_to_json(cohort.receipt),
    }


def receipt_to_json(receipt: Receipt | None) -> JsonValue:
    if receipt is None:
        return None
    return {
        "split_sha256": receipt.split_sha256,
        "recipe_sha256": receipt.recipe_sha256,
        "versions": dict(receipt.versions),
        "machine": dict(receipt.machine),
    }


def receipt_from_json(cohort: Doc) -> Receipt | None:
    if not cohort.has("receipt"):
        return None
    doc = cohort.doc("receipt")
    versions, machine = doc.doc("versions"), doc.doc("machine")
    return Receipt(
        doc.text("split_sha256"),
        doc.text("recipe_sha256"),
        {name: versions.text(name) for name in versions.fields},
        {name: machine.text(name) for name in machine.fields},
    )


def _public_stats(stats: CohortStats | None) -> JsonValue:
    if stats is None:
        return None
    return {**stats_to_json(stats), "flops_per_second": stats.flops_per_second}


def stats_to_json(stats: CohortStats) -> dict[str, JsonValue]:
    return {
        "lanes": stats.lanes,
        "groups": stats.groups,
        "padding_share": stats.padding_share,
        "predicted_bytes": stats.predicted_bytes,
        "peak_bytes": stats.peak_bytes,
        "train_seconds": stats.train_seconds,
        "flops": stats.flops,
    }


def stats_from_json(cohort: Doc) -> CohortStats | None:
    if not cohort.has("stats"):
        return None
    doc = cohort.doc("stats")
    return CohortStats(
        lanes=doc.whole("lanes"),
        groups=doc.whole("groups"),
        padding_share=doc.number("padding_share"),
        predicted_bytes=doc.whole("predicted_bytes"),
        peak_bytes=doc.optional_whole("peak_bytes"),
        train_seconds=doc.number("train_seconds"),
        flops=doc.number("flops"),
    )


def table_to_json(table: TableShape | None) -> JsonValue:
    if table is None:
        return None
    return {
        "train_rows": table.train_rows,
        "val_rows": table.val_rows,
        "n_inputs": table.n_inputs,
        "n_outputs": table.n_outputs,
    }


def table_from_json(study: Doc) -> TableShape | None:
    if not study.has("table"):
        return None
    doc = study.doc("table")
    return TableShape(
        doc.whole("train_rows"),
        doc.whole("val_rows"),
        doc.whole("n_inputs"),
        doc.whole("n_outputs"),
    )
