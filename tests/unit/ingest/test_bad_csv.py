"""Each row of "Bad CSV": what is refused, where it says so, and what is accepted all the same."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable

import pytest

from layerlab.domain.dataset import ColumnKind, Dataset, Task
from layerlab.domain.problem import InvalidInput, Problem, TooLarge, UnsupportedMedia
from layerlab.domain.target import check_target
from services.ingest import limits, reading
from services.ingest.media import check_is_text
from tests.unit.ingest.tables import Table

MakeTable = Callable[[str | bytes], Table]


def refused(table: Table) -> Problem:
    with pytest.raises(Problem) as caught:
        table.profile()
    return caught.value


def codes(dataset: Dataset, column: str = "") -> set[str]:
    return {warning.code for warning in dataset.warnings if warning.column == column}


ROWS = "".join(f"{index % 5},{index / 4}\n" for index in range(40))


@pytest.mark.parametrize("content", ["", "\n", "\r\n\r\n", "  \n", "\ufeff"])
def test_an_empty_file_is_refused(table: MakeTable, content: str) -> None:
    assert refused(table(content)).code == "empty_file"


@pytest.mark.parametrize("content", ["a,b", "a,b\n", "a,b\n\n\n"])
def test_a_header_alone_is_refused(table: MakeTable, content: str) -> None:
    assert refused(table(content)).code == "no_rows"


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_accepted_and_said(table: MakeTable, codec: str) -> None:
    dataset = table(("größe,b\n" + ROWS).encode(codec)).profile()
    assert [column.name for column in dataset.columns] == ["größe", "b"]
    assert dataset.rows == 40
    assert "byte_order_mark" in codes(dataset)


def test_utf_16_that_breaks_off_is_refused_with_the_byte(table: MakeTable) -> None:
    content = ("a,b\n" + ROWS).encode("utf-16")
    problem = refused(table(content + b"\x00\xd8"))
    assert problem.code == "encoding"
    assert problem.extra["byte_offset"] == len(content)


def test_latin_1_is_accepted_with_a_warning_that_names_the_first_byte(table: MakeTable) -> None:
    content = ("name,b\n" + ROWS + "Málaga,1\n").encode("latin-1")
    dataset = table(content).profile()
    [warning] = [each for each in dataset.warnings if each.code == "latin1"]
    assert f"byte {content.index(0xE1)} " in warning.detail
    assert "0xE1" in warning.detail
    assert dataset.encoding == "latin-1"
    assert "Málaga" in [top.value for top in dataset.columns[0].top]


def test_latin_1_is_found_behind_the_first_megabyte(table: MakeTable) -> None:
    content = b"a,b\n" + b"x,1\ny,2\n" * 150_000 + b"\xe9,3\n"
    [warning] = [each for each in table(content).profile().warnings if each.code == "latin1"]
    assert f"byte {len(content) - 4} " in warning.detail


def test_a_character_across_two_pieces_is_no_mistake(table: MakeTable) -> None:
    head = b"a,b\nx,1\n"
    filling = b"y,2\n" * ((1024**2 - len(head)) // 4)
    content = head + filling + b"z" * (1024**2 - len(head + filling) - 1) + "é,3\n".encode()
    assert table(content).profile().encoding == "utf-8"


def test_quoted_newlines_are_part_of_the_cell(table: MakeTable) -> None:
    dataset = table('a,b\n"one\ntwo",1\n"one\r\ntwo",2\n"one\ntwo",3\n').profile()
    assert dataset.rows == 3
    assert dataset.columns[0].top[0].value == "one\ntwo"


def test_an_unterminated_quote_is_refused_with_the_row_where_it_began(table: MakeTable) -> None:
    problem = refused(table('a,b\n"x\ny",1\n2,"never\n' + "3,4\n" * 50))
    assert (problem.code, problem.row) == ("unterminated_quote", 2)
    assert "line 4 " in problem.detail


def test_a_quote_that_is_closed_by_a_later_cell_swallows_no_rows(table: MakeTable) -> None:
    problem = refused(table('a,b\n1,x\n2,"oops\n3,y\n4,"z"\n5,w\n'))
    assert (problem.code, problem.row) == ("unterminated_quote", 2)


def test_text_after_a_closing_quote_is_refused_with_its_row(table: MakeTable) -> None:
    problem = refused(table('a,b\n1,x\n2,"5" nail"\n'))
    assert (problem.code, problem.row) == ("misplaced_quote", 2)


def test_a_quote_inside_a_bare_cell_is_a_character(table: MakeTable) -> None:
    dataset = table('a,b\n5" nail,1\n6" nail,2\n6" nail,3\n').profile()
    assert [top.value for top in dataset.columns[0].top] == ['6" nail', '5" nail']


def test_ragged_rows_are_refused_with_the_first_five(table: MakeTable) -> None:
    content = "a,b,c\n1,2,3\n\n1,2\n" + "1,2,3\n" * 3 + "1,2,3,4\n" * 9
    problem = refused(table(content))
    assert problem.code == "ragged_rows"
    assert problem.row == 2
    assert problem.extra == {
        "expected": 3,
        "rows": [{"row": 2, "found": 2}, *({"row": row, "found": 4} for row in (6, 7, 8, 9))],
    }


def test_ragged_rows_far_apart_keep_their_numbers(table: MakeTable) -> None:
    good = "1,2\n" * 150_000
    problem = refused(table("a,b\n" + good + "1\n" + good + "1,2,3\n"))
    assert problem.extra["rows"] == [
        {"row": 150_001, "found": 1},
        {"row": 300_002, "found": 3},
    ]


def test_blank_lines_are_skipped(table: MakeTable) -> None:
    assert table("\na,b\n\n1,2\n \n3,4\n\n").profile().rows == 2


def test_duplicate_and_blank_column_names_are_listed(table: MakeTable) -> None:
    problem = refused(table("a,b, a,,c,b,\n1,2,3,4,5,6,7\n"))
    assert problem.code == "duplicate_columns"
    assert problem.extra == {"duplicate": ["a", "b"], "blank": [4, 7]}
    assert refused(table(",b\n1,2\n")).code == "blank_columns"


def test_a_name_longer_than_the_limit_is_refused(table: MakeTable) -> None:
    problem = refused(table("a," + "n" * 301 + "\n1,2\n"))
    assert (problem.code, len(problem.column)) == ("long_column_name", 50)


def test_more_columns_than_the_limit_are_too_many(table: MakeTable) -> None:
    names = ",".join(f"c{index}" for index in range(limits.MAX_COLUMNS + 1))
    with pytest.raises(TooLarge) as caught:
        table(names + "\n").profile()
    assert caught.value.extra == {"limit": 10_000, "columns": 10_001}


def test_as_many_columns_as_the_limit_are_read(table: MakeTable) -> None:
    names = ",".join(f"c.{index}" for index in range(limits.MAX_COLUMNS))
    rows = "".join(",".join([str(row)] * limits.MAX_COLUMNS) + "\n" for row in range(3))
    dataset = table(names + "\n" + rows).profile()
    assert len(dataset.columns) == limits.MAX_COLUMNS
    assert dataset.column("c.9999").maximum == 2.0


@pytest.mark.parametrize(("name", "code"), [("MAX_ROWS", "rows"), ("MAX_CELLS", "cells")])
def test_more_rows_or_cells_than_the_limit_are_too_many(
    table: MakeTable, monkeypatch: pytest.MonkeyPatch, name: str, code: str
) -> None:
    monkeypatch.setattr(reading, name, 39)
    # The broken row behind the limit is never read.
    with pytest.raises(TooLarge) as caught:
        table("a,b\n" + "1,2\n" * 100_000 + '"').profile()
    assert caught.value.code == f"too_many_{code}"


@pytest.mark.parametrize(
    ("target", "code"),
    [("one", "single_class"), ("none", "target_missing"), ("each", "target_looks_like_id")],
)
def test_a_target_that_can_not_be_learnt_says_why(table: MakeTable, target: str, code: str) -> None:
    rows = "".join(f"x,,n{index},{index % 3}\n" for index in range(30))
    dataset = table("one,none,each,f\n" + rows).profile()
    with pytest.raises(InvalidInput) as caught:
        check_target(dataset, target, None)
    assert caught.value.code == code
    assert caught.value.column == target


def test_constant_columns_are_dropped_with_a_warning(table: MakeTable) -> None:
    dataset = table("c,a,b\n" + "".join(f"7,{index % 3},{index % 2}\n" for index in range(30)))
    profile = dataset.profile()
    assert profile.column("c").kind is ColumnKind.CONSTANT
    assert "constant" in codes(profile, "c")
    recipe = dataset.prepare("b", Task.CLASSIFICATION).recipe
    assert [step.column for step in recipe.steps] == ["a"]


def test_a_table_of_constants_is_refused(table: MakeTable) -> None:
    assert refused(table("a,b\n" + "1,\n" * 30)).code == "all_constant"


def test_infinities_are_missing_in_features_with_a_warning(table: MakeTable) -> None:
    values = ["inf", "-Infinity", "nan", *range(40)]
    upload = table("f,t\n" + "".join(f"{v},{i % 2}\n" for i, v in enumerate(values)))
    column = upload.profile().column("f")
    assert (column.kind, column.infinite, column.missing) == (ColumnKind.NUMBER, 2, 1)
    assert (column.minimum, column.maximum, column.mean) == (0.0, 39.0, 19.5)
    assert "infinite" in codes(upload.profile(), "f")
    prepared = upload.prepare("t", Task.CLASSIFICATION)
    everything = [prepared.x(part) for part in ("train", "validation", "test")]
    assert all((each >= 0).all() and (each <= 1).all() for each in everything)


def test_infinities_in_the_target_are_refused(table: MakeTable) -> None:
    dataset = table("a,t\n" + "".join(f"{i % 7},{i / 3}\n" for i in range(30)) + "1,inf\n")
    with pytest.raises(InvalidInput) as caught:
        check_target(dataset.profile(), "t", None)
    assert caught.value.code == "target_infinite"


BIG = 9_007_199_254_740_993  # 2^53 + 1: as a float it is its neighbor.


def test_integers_beyond_two_to_the_53_are_no_floats(table: MakeTable) -> None:
    rows = "".join(f"{BIG + index % 2},{BIG + index},{index % 3}\n" for index in range(40))
    dataset = table("few,many,t\n" + rows).profile()
    few, many = dataset.columns[:2]
    assert (few.kind, few.distinct, few.minimum) == (ColumnKind.CATEGORY, 2, None)
    assert (many.kind, many.distinct, many.minimum) == (ColumnKind.ID, 40, None)
    assert "big_integers" in codes(dataset, "few")
    assert "big_integers" in codes(dataset, "many")


def _zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.csv", "a,b\n1,2\n")
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [gzip.compress(b"a,b\n1,2\n"), _zip(), bytes(range(256)) * 40, b"\x89PNG\r\n\x1a\n", b"PAR1"],
    ids=["gzip", "zip", "binary", "png", "parquet"],
)
def test_a_binary_file_is_no_csv_whatever_its_name(content: bytes) -> None:
    with pytest.raises(UnsupportedMedia) as caught:
        check_is_text(content)
    assert caught.value.code == "not_csv"


def test_a_nul_behind_the_head_is_found_too(table: MakeTable) -> None:
    problem = refused(table(b"a,b\n" + b"1,2\n" * 50_000 + b"\x00"))
    assert isinstance(problem, UnsupportedMedia)
    assert "200004" in problem.detail


@pytest.mark.parametrize("text", ["a,b\n", "PK,b\n1,2\n", "BZh,b\n1,2\n", "größe\n"])
def test_text_that_begins_oddly_is_still_text(text: str) -> None:
    check_is_text(text.encode())


@pytest.mark.parametrize("cell", ["=1+1", "+a", "-a", "@x", "=cmd|' /C calc'!A0"])
def test_cells_that_begin_like_a_formula_are_kept_as_they_are(table: MakeTable, cell: str) -> None:
    dataset = table("a,b\n" + "".join(f"{cell},{index}\nz,{index}\n" for index in range(20)))
    assert cell in [top.value for top in dataset.profile().columns[0].top]


@pytest.mark.parametrize("opening", ["", '"'], ids=["bare", "quoted"])
def test_a_giant_field_is_refused_with_the_limit_and_the_row(
    table: MakeTable, opening: str
) -> None:
    giant = opening + "x" * (limits.MAX_FIELD_CHARACTERS + 1)
    problem = refused(table(f"a,b\n1,2\n3,{giant}\n"))
    assert (problem.code, problem.row) == ("field_too_large", 2)
    assert problem.extra["limit"] == limits.MAX_FIELD_CHARACTERS


def test_a_line_without_end_is_never_held_whole(table: MakeTable) -> None:
    problem = refused(table("a,b\n1,2\n" + "x" * (limits.MAX_LINE_CHARACTERS + 10)))
    assert (problem.code, problem.row) == ("field_too_large", 2)


def test_a_field_as_large_as_the_limit_is_read(table: MakeTable) -> None:
    giant = "x" * limits.MAX_FIELD_CHARACTERS
    assert table(f"a,b\n1,{giant}\n3,y\n").profile().rows == 2


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_in_spite_of_quoted_ones(table: MakeTable, delimiter: str) -> None:
    header = delimiter.join(("a", "b", "c"))
    row = delimiter.join(('"x,y;z|\t,;|"', "1", "2"))
    dataset = table("\n".join([header, *[row] * 3, row.replace("1", "3")])).profile()
    assert dataset.delimiter == delimiter
    assert len(dataset.columns) == 3


def test_a_table_of_one_column_needs_no_delimiter(table: MakeTable) -> None:
    dataset = table("a\n" + "1\n2\n" * 20).profile()
    assert (dataset.delimiter, dataset.rows, len(dataset.columns)) == (",", 40, 1)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_ends_a_line(table: MakeTable, end: str) -> None:
    assert table(end.join(["a,b", "1,2", "3,4"])).profile().rows == 2
