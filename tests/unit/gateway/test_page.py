"""Files of the page, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.gateway.page import find_file


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    dist = tmp_path / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text("page")
    (dist / "assets" / "a.js").write_text("script")
    (tmp_path / "secret").write_text("secret")
    (dist / "link").symlink_to(tmp_path / "secret")
    return dist


def test_a_file_below_the_folder_is_found(dist: Path) -> None:
    assert find_file(dist, "assets/a.js") == dist / "assets" / "a.js"


@pytest.mark.parametrize(
    "path", ["", "assets", "nothing", "../secret", "/etc/passwd", "link", "a" * 5000, "a\x00b"]
)
def test_what_is_no_file_below_the_folder_is_not(dist: Path, path: str) -> None:
    assert find_file(dist, path) is None
