"""The first rows of a table, for people to look at."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.ingest.head import MAX_ROWS, read_head
from services.ingest.parsing import parse_csv


def head(folder: Path, text: str) -> list[list[str]]:
    source, table = folder / "raw.csv", folder / "table.parquet"
    source.write_text(text, encoding="utf-8", newline="")
    return read_head(table, len(parse_csv(source, table).names))


def test_cells_are_what_was_read_whatever_they_look_like(tmp_path: Path) -> None:
    hostile = '<img src=x onerror=alert(1)>,=1+1,"a ""quoted"" ,\ncell"\n,  ,007\n'
    assert head(tmp_path, f"a,b,c\n{hostile}") == [
        ["<img src=x onerror=alert(1)>", "=1+1", 'a "quoted" ,\ncell'],
        ["", "", "007"],
    ]


def test_they_are_the_first_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = "n,m\n" + "".join(f"{row},x\n" for row in range(1000))
    assert [row[0] for row in head(tmp_path, text)] == [str(row) for row in range(MAX_ROWS)]


def test_a_long_cell_is_cut_and_says_so(tmp_path: Path) -> None:
    [[long, short]] = head(tmp_path, f"a,b\n{'ö' * 5000},y\n")
    assert len(long) == 200
    assert (long[0], long[-1], short) == ("ö", "…", "y")


@pytest.mark.parametrize(("width", "rows"), [(100, 60), (400, 50), (2000, 10), (10_000, 2)])
def test_of_a_wide_table_fewer_rows_are_shown(tmp_path: Path, width: int, rows: int) -> None:
    names = ",".join(f"c{index}" for index in range(width))
    line = ",".join("1" for _ in range(width))
    shown = head(tmp_path, names + "\n" + f"{line}\n" * 60)
    assert (len(shown), len(shown[0])) == (rows, width)
