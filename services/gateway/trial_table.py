"""Many trials at once: as columns for the page, as a file to take away."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import fields
from typing import Final

from layerlab.domain.design import DESIGN_FIELDS
from layerlab.domain.json_value import JsonValue
from layerlab.domain.study import Trial
from services.gateway.ledger import TrialSelection
from services.gateway.ledger.documents import trial_to_json

COLUMNS: Final = (
    *(each.name for each in fields(Trial) if each.name != "design"),
    "n_layers",
    *DESIGN_FIELDS,
)
# What a spreadsheet takes for a formula; such text is marked as text.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def to_columns(selection: TrialSelection) -> dict[str, JsonValue]:
    rows = [_row(trial) for trial in selection.trials]
    columns: dict[str, JsonValue] = {name: [row[name] for row in rows] for name in COLUMNS}
    return {"seq": selection.seq, "count": len(rows), "columns": columns}


def to_csv(trials: Sequence[Trial]) -> str:
    """A line a trial, hidden widths as `64-32`; what isn't known is empty."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for trial in trials:
        row = _row(trial)
        writer.writerow([_cell(row[name]) for name in COLUMNS])
    return file.getvalue()


def to_json_text(trials: Sequence[Trial]) -> str:
    return json.dumps([trial_to_json(each) for each in trials], ensure_ascii=False, indent=1)


def _row(trial: Trial) -> dict[str, JsonValue]:
    document = trial_to_json(trial)
    design = document.pop("design")
    assert isinstance(design, dict)
    return {**document, **design}


def _cell(value: JsonValue) -> object:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "-".join(map(str, value))
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
