"""Rates, ratios and the page follow from what was measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.support.render import PAGE, blocks, fill
from benchmarks.support.report import goals, rate_table, search_table
from benchmarks.support.results import Rate, Results, Search, Step, improvements, ratios
from benchmarks.support.work import spread_by, train_flops, trials_per_hour


@pytest.fixture
def results() -> Results:
    return Results(
        machine={
            "processor": "a processor",
            "cores": 2,
            "memory_gigabytes": 8.0,
            "kernel": "6",
            "load": 0.1,
            "versions": {"Python": "3.11"},
        },
        date="2026-01-01",
        peak={"gflops": 200.0, "gigabytes": 10.0},
        engine="NativeEngine",
        steps=[Step([64, 64], 128, 32, 100.0, 9.0), Step([16, 16], 32, 32, 30.0, 2.0)],
        rates=[
            Rate("letter", "equal", "LayerLab", 1000, 20.0, 0.9, 500_000_000, trainer_bytes=200),
            Rate("letter", "equal", "Optuna + Keras", 10, 12.0, 0.8, 600_000_000, {"keras": "3"}),
            Rate("letter", "equal", "KerasTuner", error="Traceback\nIt has crashed"),
        ],
        searches=[
            Search("letter", "LayerLab", 60.0, [[4.0, 0.8], [20.0, 0.9]], 500),
            Search("letter", "KerasTuner", 60.0, error="It has crashed"),
        ],
        scaling={"1": 100.0, "2": 96.0},
    )


def test_a_rate_is_extrapolated_to_an_hour_from_the_trials_that_ended() -> None:
    assert trials_per_hour(10, 12.0) == 3000.0
    assert trials_per_hour(0, 0.0) == 0.0


def test_a_ratio_says_how_many_times_as_many_trials_layerlab_trains(results: Results) -> None:
    found = ratios(results.rates)
    assert found["letter", "equal", "Optuna + Keras"] == pytest.approx(180_000 / 3000)
    # What was not measured has none.
    assert ("letter", "equal", "KerasTuner") not in found


def test_a_table_shows_ratios_trials_and_why_a_rival_is_missing(results: Results) -> None:
    lines = rate_table(results, "letter").splitlines()
    keras = next(line for line in lines if "Optuna + Keras" in line)
    assert [cell.strip() for cell in keras.split("|")[3:8]] == [
        "3,000",
        "60.0×",
        "10 in 12.0 s",
        "0.8000",
        "600 MB",
    ]
    assert any("KerasTuner" in line and "It has crashed" in line for line in lines)
    assert len({len(line) for line in lines if line.startswith("|")}) == 1


def test_missed_figures_are_called_so(results: Results) -> None:
    lines = {line.split("|")[1].strip(): line for line in goals(results).splitlines()}
    assert "ok" in lines["letter, equal: times Optuna + Keras"]
    assert "MISSED" in lines["fused step 64-64, of the peak"]
    assert "ok" in lines["two trainers of a thread, of one with two"]


def test_the_best_so_far_is_what_was_known_by_then(results: Results) -> None:
    search = results.searches[0]
    assert [search.best_after(each) for each in (3.0, 4.0, 19.9, 20.0)] == [None, 0.8, 0.8, 0.9]
    assert "0.8000 | 0.9000" in search_table(results, "letter").replace("  ", "")
    assert improvements([(2.0, 0.5), (1.0, 0.7), (3.0, 0.7), (4.0, 0.8)]) == [
        [1.0, 0.7],
        [4.0, 0.8],
    ]


def test_every_beginning_of_a_spread_order_is_like_the_whole() -> None:
    items = [float(number) for number in range(1000)]
    order = spread_by(items, lambda each: each)
    assert sorted(order) == items
    for count in (7, 15, 31, 100):
        assert sum(order[:count]) / count == pytest.approx(499.5, rel=0.05)


def test_a_networks_work_is_three_products_a_layer_but_for_the_first() -> None:
    assert train_flops([], 4, 3) == 4 * 12
    assert train_flops([8], 4, 3) == 4 * 32 + 6 * 24


def test_results_survive_json(results: Results, tmp_path: Path) -> None:
    results.save(tmp_path / "deep" / "results.json")
    assert Results.load(tmp_path / "deep" / "results.json") == results


def test_the_page_has_a_place_for_everything_that_is_measured(results: Results) -> None:
    page = fill(PAGE.read_text(), blocks(results))
    for text in blocks(results).values():
        assert text in page
    # Filling it again replaces what was there.
    assert fill(page, blocks(results)) == page


def test_a_page_without_a_place_is_refused() -> None:
    with pytest.raises(ValueError, match="no place for 'rates'"):
        fill("# Nothing", {"rates": "text"})
