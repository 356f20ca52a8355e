"""Ranks and tables follow from what was found; rivals get the rows of LayerLab's split, prepared
without a look at the test rows."""

from __future__ import annotations

import csv
import io
import random
from pathlib import Path

import numpy as np
import pytest

from benchmarks.quality import PAGE, blocks
from benchmarks.support.quality_matrices import prepare, split_hash
from benchmarks.support.quality_report import quality_goals, score_table
from benchmarks.support.quality_results import (
    NETWORKS,
    Finding,
    QualityResults,
    mean_ranks,
    ranks,
)
from benchmarks.support.quality_rivals import max_epochs, rival_space
from benchmarks.support.quality_tables import REAL_TABLES, TABLES
from benchmarks.support.render import fill

SPLIT = {"train": list(range(0, 60)), "validation": list(range(60, 80)), "test": [80, 81, 83]}


def finding(table: str, system: str, score: float, split: str = "a split") -> Finding:
    return Finding(table, system, 60.0, score, score, 61.0, 10, 100, "a model", split)


@pytest.fixture
def results() -> QualityResults:
    machine = {"processor": "a processor", "cores": 2, "versions": {"Python": "3.11"}}
    scores = {"wine": (1.0, 0.9, 0.95, 0.9), "chile": (0.7, 0.71, 0.6, 0.5)}
    findings = [
        finding(table, system, score)
        for table, of_table in scores.items()
        for system, score in zip(NETWORKS, of_table, strict=True)
    ]
    findings.append(finding("letter", "layerlab", 0.96))
    return QualityResults(machine, "2026-01-01", findings)


def test_equal_scores_share_the_mean_of_their_places() -> None:
    found = ranks({"a": 0.9, "b": 1.0, "c": 0.9, "d": 0.8})
    assert found == {"b": 1.0, "a": 2.5, "c": 2.5, "d": 4.0}


def test_a_mean_rank_counts_tables_on_which_everybody_has_a_score(results: QualityResults) -> None:
    results.put(Finding("digits", "layerlab", 60.0, 0.1, 0.1, split_hash="a split"))
    found = mean_ranks(results, list(REAL_TABLES), NETWORKS)
    assert found == {"layerlab": 1.5, "keras": 2.25, "keras-tuner": 2.5, "mlp": 3.75}


def test_findings_of_different_splits_are_not_compared(results: QualityResults) -> None:
    results.put(finding("wine", "mlp", 1.0, "another split"))
    with pytest.raises(ValueError, match="wine: not all were measured on the same split"):
        score_table(results)


def test_a_finding_replaces_what_was_known_and_leaves_the_rest(results: QualityResults) -> None:
    count = len(results.findings)
    results.put(finding("wine", "keras", 0.5))
    assert len(results.findings) == count
    found = results.find("wine", "keras")
    assert found is not None
    assert found.score_test == 0.5


def test_quality_results_survive_json(results: QualityResults, tmp_path: Path) -> None:
    results.save(tmp_path / "deep" / "quality.json")
    assert QualityResults.load(tmp_path / "deep" / "quality.json") == results


def test_a_rank_over_fewer_tables_meets_no_goal(results: QualityResults) -> None:
    lines = quality_goals(results).splitlines()
    assert "over 2 tables" in lines[2]
    assert "MISSED" in lines[2]
    assert "0.9600" in lines[3]
    assert "MISSED" in lines[3]


def test_a_rank_that_is_the_best_over_all_tables_meets_the_goal(results: QualityResults) -> None:
    for name in REAL_TABLES:
        for place, system in enumerate(NETWORKS):
            results.put(finding(name, system, 0.9 - place / 10))
    assert "ok" in quality_goals(results).splitlines()[2]


def test_the_page_of_quality_has_a_place_for_everything(results: QualityResults) -> None:
    page = fill(PAGE.read_text(), blocks(results))
    for text in blocks(results).values():
        assert text in page


@pytest.mark.parametrize("name", TABLES)
def test_every_table_has_its_target_and_enough_rows(name: str) -> None:
    header, *rows = csv.reader(io.StringIO(TABLES[name].read().decode()))
    place = header.index(TABLES[name].target)
    labels = [row[place] for row in rows if row[place]]
    assert len(labels) >= 150
    if TABLES[name].task == "classification":
        assert 2 <= len(set(labels)) <= 26


def test_nothing_of_the_test_rows_is_in_what_rivals_train_on() -> None:
    seen, changed = (
        prepare(_csv(last), "price", False, SPLIT).arrays for last in ("red,1", "blue,999999")
    )
    for name in ("x_train", "x_val", "raw_train", "raw_val", "y_train", "y_val"):
        assert np.array_equal(seen[name], changed[name], equal_nan=True), name
    assert not np.array_equal(seen["x_test"], changed["x_test"])


def test_rivals_get_standardized_numbers_and_one_hot_categories() -> None:
    matrices = prepare(_csv("red,5"), "price", False, SPLIT)
    x, raw = matrices.arrays["x_train"], matrices.arrays["raw_train"]
    # One number; red, green, and missing of the colours.
    assert x.shape == (60, 1 + 3)
    assert np.isfinite(x).all()
    assert x[:, 0].mean() == pytest.approx(0.0, abs=1e-5)
    assert set(np.unique(x[:, 1:])) == {0.0, 1.0}
    assert (x[:, 1:].sum(axis=1) == 1).all()
    assert matrices.arrays["is_category"].tolist() == [False, True]
    assert np.isnan(raw[:, 0]).any()
    y = matrices.arrays["y_train"]
    assert (y.mean(), y.std()) == pytest.approx((0.0, 1.0), abs=1e-5)


def test_classes_are_numbers_in_their_order() -> None:
    matrices = prepare(_csv("red,5"), "colour", True, {**SPLIT, "test": [80, 81]})
    # "green" and "red"; a row without a colour is in no part of a split of colours.
    assert matrices.n_classes == 2
    assert set(matrices.arrays["y_val"].tolist()) <= {0, 1}


def test_a_split_has_one_hash_whatever_the_order_of_its_rows() -> None:
    turned = {name: rows[::-1] for name, rows in reversed(SPLIT.items())}
    assert split_hash(turned) == split_hash(SPLIT)
    assert split_hash({**SPLIT, "test": [80, 81, 84]}) != split_hash(SPLIT)


def test_rivals_never_have_batches_so_small_that_an_epoch_has_more_than_200_steps() -> None:
    for rows in (113, 364, 1_900, 2_500, 12_800, 34_500):
        assert rows / min(rival_space(rows)["batch_size"]) <= 200
        assert max_epochs(rows) in (27, 81)


def _csv(last: str) -> bytes:
    """84 rows of a colour, a number and a price; `last` are the last row's colour and number."""
    draw = random.Random(0)
    lines = ["colour,size,price"]
    for index in range(83):
        size = "" if index % 10 == 0 else f"{draw.gauss(5, 2):.3f}"
        colour = "" if index % 30 == 29 else draw.choice(("red", "green"))
        lines.append(f"{colour},{size},{draw.gauss(100, 20):.2f}")
    lines.append(f"{last},77")
    return "\n".join(lines).encode()
