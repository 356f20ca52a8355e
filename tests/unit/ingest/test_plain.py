"""The short way reads what the strict way reads, or nothing."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from layerlab.domain.problem import Problem
from services.ingest import parsing
from services.ingest.encoding import detect_encoding
from services.ingest.parsing import parse_csv
from services.ingest.plain import is_plain
from services.ingest.reading import open_csv
from tests.unit.ingest.tables import quick

cells = st.text(st.sampled_from("ab1 .é\t\u2028"), max_size=4)
lines = st.lists(cells, min_size=0, max_size=4).map(",".join)
ends = st.sampled_from(["\n", "\r\n"])


def outcome(content: bytes) -> object:
    """The table, or what is wrong with it."""
    with tempfile.TemporaryDirectory() as folder:
        raw, table = Path(folder) / "raw.csv", Path(folder) / "table.parquet"
        raw.write_bytes(content)
        try:
            parsed = parse_csv(raw, table)
        except Problem as problem:
            return (problem.code, problem.row, problem.detail)
        return parsed, pq.read_table(table).to_pydict()


@quick
@given(rows=st.lists(lines, max_size=8), end=ends, mark=st.sampled_from(["", "\ufeff"]))
@example(rows=["a,b", "1,2", "", "  ", "3,4"], end="\n", mark="")
@example(rows=["", "a,b", "1,2"], end="\n", mark="")
@example(rows=["  ", "a", "1"], end="\n", mark="\ufeff")
@example(rows=["a", "", "1", " "], end="\r\n", mark="")
def test_both_ways_read_the_same(rows: list[str], end: str, mark: str) -> None:
    content = (mark + end.join(rows)).encode()
    with pytest.MonkeyPatch.context() as patch:
        short = outcome(content)
        patch.setattr(parsing, "is_plain", lambda *_: False)
        assert outcome(content) == short


@pytest.mark.parametrize(
    ("content", "plain"),
    [
        ("a,b\n1,2\n", True),
        ("\ufeffa,b\r\n1,2\r\n", True),
        (" a ,b\n1,2\n", True),
        ('a,b\n"1",2\n', False),
        ("a,b\r1,2\r", False),
        ("a,b\n1,2\r", False),
        ("a,b\n" + "x" * (1024**2 - 5) + "\r\n1,2", True),
        ("\na,b\n1,2\n", False),
    ],
)
def test_a_plain_file_is_told_by_its_bytes(tmp_path: Path, content: str, plain: bool) -> None:
    path = tmp_path / "raw.csv"
    path.write_bytes(content.encode())
    assert is_plain(open_csv(path, detect_encoding(path)), ["a", "b"]) is plain
