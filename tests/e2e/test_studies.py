"""Real tables, from a CSV to a winner, through the public contract alone."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest

from layerlab.client import Client, RequestFailed
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


def test_a_study_is_described_found_exported_deleted_and_restored(
    client: Client, tmp_path: Path
) -> None:
    dataset = client.datasets.upload(client.sample("penguins"))
    study = client.studies.create(
        dataset, "species", max_trials=3, max_epochs=2, verdict="off", name="First"
    )
    study.describe(name="Second", note="Why", tags=["one", "two"])
    assert (study.name, study.note, study.tags) == ("Second", "Why", ("one", "two"))
    study.describe(tags=[])
    assert (study.name, study.note, study.tags) == ("Second", "Why", ())
    with pytest.raises(RequestFailed, match="name"):
        study.describe(name=" ")
    study.wait(timeout=60)

    file = study.export(tmp_path / "trials.csv", where=["number<=2"])
    rows = list(csv.DictReader(file.read_text().splitlines()))
    assert [row["number"] for row in rows] == ["1", "2"]
    whole = json.loads(study.export(tmp_path / "trials.json").read_text())
    assert [each["number"] for each in whole] == [1, 2, 3]

    assert study.delete().is_deleted
    assert study.study_id not in [each.study_id for each in client.studies.list()]
    deleted = client.studies.list(query="second", deleted=True)
    assert [each.study_id for each in deleted] == [study.study_id]
    assert not study.restore().is_deleted
    assert client.datasets.rows(dataset.dataset_id, limit=1)["total_size"] == dataset.rows


@pytest.mark.parametrize("build", TABLES[:2], ids=lambda build: build.__name__)
def test_the_parts_of_a_split_share_no_row_and_leave_none_out(
    client: Client, build: Callable[[], Table]
) -> None:
    table = build()
    dataset = client.datasets.upload(table.csv)
    study = client.studies.create(dataset, table.target, max_trials=1, max_epochs=1, verdict="off")
    split = study.split()
    study.wait(timeout=60)
    rows = [row for part in split.values() for row in part]
    with_target = table.frame[table.target].notna().to_numpy().nonzero()[0]
    assert sorted(rows) == with_target.tolist()
