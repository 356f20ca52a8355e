"""Names from strangers."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.text import display_name


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("titanic.csv", "titanic.csv"),
        ("  two\n words\t", "two words"),
        ("../../etc/passwd", "../../etc/passwd"),
        ("a\x00b\x1b[31mc", "ab[31mc"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("\ud800", "none"),
        ("", "none"),
        ("\u200b\u00ad", "none"),
        ("Größe – 数据 🐧", "Größe – 数据 🐧"),
        ("x" * 500, "x" * 200),
    ],
)
def test_a_name_is_one_visible_line(text: str, shown: str) -> None:
    assert display_name(text, "none") == shown


@given(st.text())
def test_no_text_makes_a_name_that_a_terminal_or_a_browser_would_obey(text: str) -> None:
    name = display_name(text, "none")
    assert 0 < len(name) <= 200
    assert not any(unicodedata.category(each).startswith("C") for each in name)
    assert display_name(name, "none") == name
