"""Rows on stdout."""

from __future__ import annotations

import csv
import io
import json

import pytest
from rich.console import Console

from layerlab.cli.options import OutputFormat
from layerlab.cli.output import print_rows, readable, rich_table

ROWS: list[dict[str, object]] = [
    {"name": "=HYPERLINK()", "value": -1.5, "more": "kept"},
    {"name": "[red]x", "value": None},
]
COLUMNS = ("name", "value")


def test_text_that_a_spreadsheet_would_run_is_escaped_in_csv_and_numbers_are_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_rows(ROWS, COLUMNS, OutputFormat.CSV)
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert rows == [["name", "value"], ["'=HYPERLINK()", "-1.5"], ["[red]x", ""]]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_every_start_of_a_formula_is_escaped_in_csv(
    start: str, capsys: pytest.CaptureFixture[str]
) -> None:
    print_rows([{"name": f"{start}1+1"}], ("name",), OutputFormat.CSV)
    assert list(csv.reader(io.StringIO(capsys.readouterr().out, newline="")))[1] == [f"'{start}1+1"]


def test_json_has_every_field_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows(ROWS, COLUMNS, OutputFormat.JSON)
    assert json.loads(capsys.readouterr().out) == ROWS


def test_a_piped_table_cuts_nothing_off_and_takes_no_text_for_markup(
    capsys: pytest.CaptureFixture[str],
) -> None:
    long = "x" * 150
    print_rows([{"name": "[red]y", "value": long}], COLUMNS, OutputFormat.TABLE)
    shown = capsys.readouterr().out
    assert long in shown
    assert "[red]y" in shown


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (0.97123456, "0.9712"),
        (0.00012345, "0.0001234"),
        (64, "64"),
        ([64, 32], "64×32"),
        ([], "linear"),
        (True, "yes"),
        ("a\x1b[2Jb", "a�[2Jb"),
    ],
)
def test_values_are_shown_for_people(value: object, text: str) -> None:
    assert readable(value) == text


def test_a_narrow_terminal_gets_fewer_columns_and_no_half_numbers() -> None:
    rows = [{"rank": 1, "score_val": 0.97123456, "hidden": [64, 32], "state": "SUCCEEDED"}]
    shown = io.StringIO()
    Console(file=shown, width=30).print(rich_table(rows, tuple(rows[0]), 30))
    lines = [line.split() for line in shown.getvalue().splitlines()]
    assert lines == [["rank", "score_val", "hidden"], ["1", "0.9712", "64×32"]]
