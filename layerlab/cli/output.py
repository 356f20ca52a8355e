"""Rows to stdout as a table, JSON or CSV."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from layerlab.cli.check import Check
from layerlab.cli.options import OutputFormat

# Spreadsheets run cells that start with one of these as formulas.
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
_PIPE_WIDTH: Final = 400
_GAP: Final = 2  # Between columns.
_CONTROL: Final = dict.fromkeys((*range(32), 127, *range(128, 160)), "�")

Row = Mapping[str, Any]


def print_rows(rows: Sequence[Row], columns: Sequence[str], output: OutputFormat) -> None:
    """JSON has every field of a row; a table and CSV have `columns`."""
    if output is OutputFormat.JSON:
        print_json(list(rows))
    elif output is OutputFormat.CSV:
        print_csv(rows, columns)
    else:
        console = stdout_console()
        console.print(rich_table(rows, columns, console.width))


def print_checks(checks: Sequence[Check]) -> None:
    """A line each, and under it what to do about it."""
    console, width = stdout_console(), max(len(each.name) for each in checks)
    colors = {"ok": "green", "warn": "yellow", "fail": "red"}
    for each in checks:
        line = Text.assemble((f"{each.result:4}", colors[each.result]), f"  {each.name:{width}}  ")
        console.print(line + Text(readable(each.detail)), soft_wrap=True)
        if each.hint:
            console.print(Text(f"{'':4}  {'':{width}}  {readable(each.hint)}"), soft_wrap=True)


def print_document(document: Row, output: OutputFormat) -> None:
    """One thing: as JSON, or as a field to a line."""
    if output is OutputFormat.JSON:
        print_json(document)
    elif output is OutputFormat.TABLE:
        # A value may be longer than any line: it is wrapped, never left out.
        console, width = stdout_console(), max(map(cell_len, document))
        for name, value in document.items():
            line = Text.assemble((f"{name:{width}}", "bold"), "  ", readable(value))
            console.print(line, soft_wrap=True)
    else:
        rows = [{"field": name, "value": value} for name, value in document.items()]
        print_rows(rows, ("field", "value"), output)


def print_json(value: object) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))


def print_csv(rows: Iterable[Row], columns: Sequence[str]) -> None:
    # Minimal quoting leaves a lone carriage return bare, which readers take for a new row.
    writer = csv.writer(sys.stdout, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(map(_csv_cell, columns))
    writer.writerows([_csv_cell(row.get(name)) for name in columns] for row in rows)


def rich_table(rows: Sequence[Row], columns: Sequence[str], width: int) -> Table:
    """As many of `columns`, the first ones first, as fit whole into `width` characters.

    Half a number is worse than none; JSON and CSV have them all.
    """
    cells = {name: [readable(row.get(name)) for row in rows] for name in columns}
    table = Table(box=None, header_style="bold", pad_edge=False)
    shown = _fitting(cells, width)
    for name in shown:
        table.add_column(name)
    for number in range(len(rows)):
        # Text, not str: what users upload is never markup.
        table.add_row(*(Text(cells[name][number]) for name in shown))
    return table


def _fitting(cells: Mapping[str, Sequence[str]], width: int) -> list[str]:
    """At least the first column, which then wraps."""
    shown: list[str] = []
    for name, column in cells.items():
        width -= max(map(cell_len, (name, *column))) + _GAP
        if width < -_GAP and shown:
            break
        shown.append(name)
    return shown


def stdout_console() -> Console:
    """As wide as the terminal; wide enough for every cell when piped."""
    return Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH, highlight=False)


def stderr_console() -> Console:
    return Console(stderr=True, highlight=False)


def readable(value: object) -> str:
    """For people: four decimals, 64×32 for widths, nothing for None, no control characters."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1e-3 or abs(value) >= 1e4 else f"{value:.4f}"
    if isinstance(value, (list, tuple)) and all(isinstance(each, int) for each in value):
        return "×".join(map(str, value)) or "linear"
    if isinstance(value, (list, tuple, Mapping)):
        return json.dumps(value, ensure_ascii=False).translate(_CONTROL)
    return str(value).translate(_CONTROL)


def _csv_cell(value: object) -> object:
    if isinstance(value, (list, tuple, Mapping)):
        value = json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return "'" + value
    return "" if value is None else value
