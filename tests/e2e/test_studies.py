"""Real tables, from a CSV to a winner, through the public contract alone."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from layerlab.client import Client
from tests.e2e.baseline import score_default_network
from tests.e2e.tables import TABLES, Table


@pytest.mark.parametrize("build", TABLES, ids=lambda build: build.__name__)
def test_the_best_design_is_at_least_as_good_as_the_default_network_of_scikit_learn(
    client: Client, build: Callable[[], Table]
) -> None:
    table = build()
    dataset = client.datasets.upload(table.csv, name=f"{table.name}.csv")
    study = client.studies.create(dataset, table.target, time_budget=10, seed=1, verdict="off")

    study.wait(timeout=60)

    best = study.best
    assert best is not None
    assert best.score_val is not None
    assert best.score_test is not None
    theirs = score_default_network(table, study.document["task"], study.split())
    assert best.score_val >= theirs.validation
    # Test rows had no say in either choice, so the difference of two good networks is chance.
    assert best.score_test >= theirs.test - 2 * math.sqrt(0.25 / theirs.n_test)
    assert all(trial.state in ("SUCCEEDED", "PRUNED", "CANCELLED") for trial in study.trials())


@pytest.mark.parametrize("build", TABLES[:2], ids=lambda build: build.__name__)
def test_the_parts_of_a_split_share_no_row_and_leave_none_out(
    client: Client, build: Callable[[], Table]
) -> None:
    table = build()
    dataset = client.datasets.upload(table.csv)
    study = client.studies.create(dataset, table.target, max_trials=1, max_epochs=1, verdict="off")
    split = study.split()
    study.cancel()
    rows = [row for part in split.values() for row in part]
    with_target = table.frame[table.target].notna().to_numpy().nonzero()[0]
    assert sorted(rows) == with_target.tolist()
