"""Rivals get the very designs and rows that LayerLab trained."""

from __future__ import annotations

import csv
import io
import json
import random
from typing import Any

import numpy as np
import pytest

from benchmarks.rivals.learning_rate import rate_factor
from benchmarks.rivals.optuna_space import suggest, to_params
from benchmarks.rivals.torch_network import build_module
from benchmarks.support.comparison import check_same_work, rival_designs
from benchmarks.support.split import split_table
from benchmarks.support.workloads import WORKLOADS, mixed_space
from layerlab.client import Trial
from layerlab.domain.dataset import ColumnKind, Task
from layerlab.domain.design import Design
from layerlab.domain.recipe import RecipeName
from services.trainer.keras_model import import_keras
from services.trainer.schedules import rate_factors
from tests.unit.benchmarks.conftest import CLASSES, INPUTS, trial
from tests.unit.ingest.conftest import table  # noqa: F401  # A fixture.


def test_rivals_get_the_designs_that_layerlab_trained_each_once(
    trials: list[Trial], designs: list[Design]
) -> None:
    given = rival_designs(trials, (INPUTS, CLASSES))
    sent = json.loads(json.dumps(given))
    assert {Design.from_json(each) for each in sent} == set(designs)
    assert len(sent) == len(designs)


def test_a_network_of_another_table_is_no_comparison(trials: list[Trial]) -> None:
    check_same_work(trials, (INPUTS, CLASSES))
    with pytest.raises(AssertionError):
        check_same_work(trials, (INPUTS + 1, CLASSES))


class EnqueuedTrial:
    """Answers as an Optuna trial does whose parameters were enqueued; notes what is asked."""

    def __init__(self, params: dict[str, Any]) -> None:
        self.params, self.asked = params, set[str]()

    def suggest_categorical(self, name: str, choices: list[Any]) -> Any:
        assert self.params[name] in choices
        self.asked.add(name)
        return self.params[name]

    def suggest_float(self, name: str, low: float, high: float, log: bool) -> Any:
        assert low <= self.params[name] <= high
        self.asked.add(name)
        return self.params[name]

    def suggest_int(self, name: str, low: int, high: int) -> Any:
        return self.suggest_float(name, low, high, log=False)


def test_optuna_is_led_to_the_very_design_it_was_given(designs: list[Design]) -> None:
    space = mixed_space(128)
    for design in designs:
        enqueued = EnqueuedTrial(to_params(design.to_json(), space))
        assert Design.from_json(suggest(enqueued, space)) == design
        assert enqueued.asked == enqueued.params.keys()


def test_a_rivals_network_has_as_many_parameters_as_ours(designs: list[Design]) -> None:
    for design in designs:
        module = build_module(dict(design.to_json()), INPUTS, CLASSES)
        assert sum(each.numel() for each in module.parameters()) == design.n_params(INPUTS, CLASSES)


def test_a_rivals_keras_network_has_as_many_parameters_as_ours(designs: list[Design]) -> None:
    import torch

    import_keras(torch.device("cpu"))
    from benchmarks.rivals.job import Table
    from benchmarks.rivals.keras_network import build_model

    x, y = np.zeros((4, INPUTS), np.float32), np.zeros(4, np.int64)
    for design in designs[:5]:
        model = build_model(dict(design.to_json()), Table(x, y, x, y, CLASSES), max_epochs=3)
        count = sum(int(np.prod(each.shape)) for each in model.trainable_variables)
        assert count == design.n_params(INPUTS, CLASSES)


def test_a_rivals_learning_rate_goes_as_ours(designs: list[Design]) -> None:
    steps, epochs = 7, 3
    for design in designs:
        theirs = [rate_factor(dict(design.to_json()), t, steps, epochs) for t in range(7 * 3)]
        ours = np.concatenate([rate_factors(design, e, steps, epochs) for e in (1, 2, 3)])
        assert theirs == pytest.approx(ours.tolist(), abs=1e-6)


def test_rivals_train_on_the_numbers_that_layerlab_trains_on(table: Any) -> None:  # noqa: F811
    random_numbers = random.Random(0)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["a", "b", "constant", "label"])
    for index in range(200):
        writer.writerow([index % 17 / 3, random_numbers.gauss(5, 100), 4, "xyz"[index % 3]])
    # As the benchmark asks for it: a constant column is a feature like any other.
    kinds = dict.fromkeys(("a", "b", "constant"), ColumnKind.NUMBER)
    ours = table(text.getvalue()).prepare(
        "label", Task.CLASSIFICATION, RecipeName.STANDARD, 1, kinds
    )
    theirs = split_table(text.getvalue().encode(), "label", ours.split)
    assert np.allclose(theirs.x_train, ours.x("train"), atol=1e-6)
    assert np.allclose(theirs.x_val, ours.x("validation"), atol=1e-6)
    assert np.array_equal(theirs.y_train, ours.y("train"))
    assert np.array_equal(theirs.y_val, ours.y("validation"))


def test_every_workload_can_be_searched_as_it_asks() -> None:
    for workload in WORKLOADS.values():
        for space in workload.spaces().values():
            assert space["batch_size"] == [workload.batch_size]
        header, *rows = csv.reader(io.StringIO(workload.read().decode()))
        assert workload.target in header
        assert len(rows) > 500
        # Early stopping has a patience of ten epochs, and would make trials shorter.
        assert workload.epochs <= 10


def test_one_design_is_spread_like_many() -> None:
    only = trial(1, Design((64, 64)))
    assert len(rival_designs([only], (INPUTS, CLASSES))) == 1
