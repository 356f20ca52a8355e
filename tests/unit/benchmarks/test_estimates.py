"""Prices are asked of studies of all kinds, and compared with what they took."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from benchmarks.estimates import PAGE
from benchmarks.support.estimate_plan import (
    TRIALS,
    Priced,
    estimate_table,
    load,
    plan_studies,
    save,
    share_within,
)
from benchmarks.support.quality_tables import TABLES
from benchmarks.support.render import fill
from services.gateway.study_request import parse_request

PRICED = Priced("wine", "quick, max_trials 16", 2.0, 4.0, 3.0, 10**6, 10**7, 5 * 10**6, 2.5)


def test_twenty_studies_are_of_every_table_preset_and_budget() -> None:
    plans = plan_studies(20)
    assert {each.table for each in plans} == set(TABLES)
    assert {each.request["preset"] for each in plans} == {"quick", "balanced", "thorough"}
    budgets = {each.request["budget"]["max_trials"] for each in plans}
    assert (min(budgets), max(budgets)) == (min(TRIALS), max(TRIALS))
    assert len({each.title for each in plans}) > 15


def test_every_planned_study_is_a_request_that_the_server_takes() -> None:
    for each in plan_studies(20):
        target = TABLES[each.table].target
        parse_request({"dataset_id": "a", "target": target, **each.request})


def test_a_time_counts_as_predicted_up_to_the_ends_of_its_range() -> None:
    times = (1.9, 2.0, 4.0, 4.1)
    priced = [replace(PRICED, seconds=each) for each in times]
    assert [each.is_within for each in priced] == [False, True, True, False]
    assert share_within(priced) == 0.5
    text = estimate_table(priced)
    assert "50% of 4 studies" in text
    assert "MISSED" in text
    assert "ok" in estimate_table([PRICED])


def test_prices_survive_json_and_have_a_place_on_the_page(tmp_path: Path) -> None:
    save([PRICED], tmp_path / "deep" / "estimates.json")
    assert load(tmp_path / "deep" / "estimates.json") == [PRICED]
    text = estimate_table([PRICED])
    assert text in fill(PAGE.read_text(), {"estimates": text})
