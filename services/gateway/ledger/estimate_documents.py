"""A study's estimate as JSON: in the log, in snapshots and in public answers."""

from __future__ import annotations

from dataclasses import asdict

from layerlab.domain.estimate import Estimate
from layerlab.domain.json_value import JsonValue
from services.gateway.ledger.doc import Doc


def estimate_to_json(estimate: Estimate | None) -> JsonValue:
    return None if estimate is None else asdict(estimate)


def estimate_from_json(study: Doc) -> Estimate | None:
    """Of a document that may have one: studies without, and older ones, don't."""
    if not study.has("estimate"):
        return None
    doc = study.doc("estimate")
    return Estimate(
        doc.text("estimate_id"),
        doc.number("seconds_low"),
        doc.number("seconds_high"),
        doc.whole("bytes_low"),
        doc.whole("bytes_high"),
        doc.whole("trials"),
        doc.flag("is_rough"),
    )
