"""A study's halving and a cohort's rungs as JSON. Logs from before there were any have neither."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from layerlab.domain.halving import Halving, Rung
from layerlab.domain.json_value import JsonValue
from services.gateway.ledger.doc import Doc

OFF: Final = "off"


def halving_to_json(halving: Halving | None) -> JsonValue:
    """As a request may say it: "off", or the rule."""
    if halving is None:
        return OFF
    return {"factor": halving.factor, "min_epochs": halving.min_epochs}


def halving_from_json(spec: Doc) -> Halving | None:
    if not spec.has("halving") or spec.fields["halving"] == OFF:
        return None
    rule = spec.doc("halving")
    return Halving(rule.whole("factor"), rule.whole("min_epochs"))


def rungs_to_json(rungs: Sequence[Rung]) -> list[JsonValue]:
    return [{"epoch": each.epoch, "keep": each.keep} for each in rungs]


def rungs_from_json(cohort: Doc) -> tuple[Rung, ...]:
    if not cohort.has("rungs"):
        return ()
    return tuple(Rung(each.whole("epoch"), each.whole("keep")) for each in cohort.docs("rungs"))
