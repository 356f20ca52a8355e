"""What a drill writes for others to read."""

from __future__ import annotations

import json
from pathlib import Path

from tests.faults.checker import check
from tests.faults.figures import measure
from tests.faults.forging import STUDY, a_history, a_kill
from tests.faults.history import History
from tests.faults.report import Report


def a_report(history: History) -> Report:
    return Report(5, 1.0, history, check(history), tuple(measure(history)))


def test_figures_take_the_place_of_older_ones_and_leave_the_page_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("Before.\n<!-- drill: made by -->\nold\n<!-- end of drill -->\nAfter.\n")
    report = a_report(a_history())
    for _ in range(2):
        report.write_into(page)
    text = page.read_text()
    assert text.startswith("Before.\n<!-- drill: made by -->\nSeed 5")
    assert text.endswith("<!-- end of drill -->\nAfter.\n")
    assert "old" not in text
    assert text.count("| lost | 0 |") == 1


def test_a_report_tells_what_was_found_and_how_long_a_rerun_took() -> None:
    history = a_history()
    history.faults.append(a_kill(at=2.5))
    history.rest = None
    text = a_report(history).markdown()
    assert "1 × kill trainer" in text
    assert "| 1 | 3.5 | 3.5 | 3.5 |" in text
    assert "- unexpected: nobody looked what was left" in text


def test_programs_read_the_same_from_json_and_every_log_is_kept(tmp_path: Path) -> None:
    history = a_history()
    a_report(history).write(tmp_path)
    document = json.loads((tmp_path / "report.json").read_text())
    assert (document["lost"], document["trials"], document["recovered"]) == ([], 1, 1)
    lines = (tmp_path / "studies" / f"{STUDY}-gateway-1.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == history.ends[STUDY].logs["gateway-1"]
