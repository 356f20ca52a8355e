"""Many trials at once: as columns for the page, as a file to take away."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Final

from layerlab.domain.design import DESIGN_FIELDS, Design
from layerlab.domain.json_value import JsonValue
from layerlab.domain.study import Trial
from services.gateway.ledger import TrialSelection
from services.gateway.ledger.doc import to_optional_time
from services.gateway.ledger.documents import trial_to_json

COLUMNS: Final = (
    *(each.name for each in fields(Trial) if each.name != "design"),
    "n_layers",
    *DESIGN_FIELDS,
)
_OF_DESIGN: Final = frozenset(("n_layers", *DESIGN_FIELDS))
_TIMES: Final = frozenset(("created_at", "started_at", "ended_at"))
# What a spreadsheet takes for a formula; such text is marked as text.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def to_columns(selection: TrialSelection) -> dict[str, JsonValue]:
    """What `trial_to_json` says of each, turned round; no document a trial: a page waits for it."""
    trials = selection.trials
    designs = [each.design for each in trials]
    columns: dict[str, JsonValue] = {
        name: _column(designs if name in _OF_DESIGN else trials, name) for name in COLUMNS
    }
    return {"seq": selection.seq, "count": len(trials), "columns": columns}


def _column(records: Sequence[Trial] | Sequence[Design], name: str) -> JsonValue:
    values = map(attrgetter(name), records)
    if name in _TIMES:
        return list(map(to_optional_time, values))
    if name == "hidden":
        return list(map(list, values))
    # Enums are text, to JSON too.
    return list(values)


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
