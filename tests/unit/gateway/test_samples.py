"""The bundled tables are the packages' tables."""

from __future__ import annotations

import csv

import pandas as pd
import pytest
from palmerpenguins import load_penguins
from sklearn.datasets import load_breast_cancer, load_diabetes

from layerlab.domain.problem import NotFound
from services.gateway.samples import SAMPLES, Sample, get_sample
from services.gateway.samples.make import make_table


@pytest.fixture(params=SAMPLES, ids=lambda sample: sample.name)
def sample(request: pytest.FixtureRequest) -> Sample:
    chosen: Sample = request.param
    return chosen


def test_the_committed_file_is_what_the_packages_make(sample: Sample) -> None:
    rows = list(csv.reader(sample.read().decode().splitlines()))
    assert rows == make_table(sample.name)


def test_what_is_said_of_a_sample_is_so(sample: Sample) -> None:
    header, *rows = csv.reader(sample.read().decode().splitlines())
    assert (len(rows), len(header)) == (sample.rows, sample.columns)
    assert sample.target in header
    assert sample.source


def test_penguins_are_the_packages_table() -> None:
    pd.testing.assert_frame_equal(read("penguins"), pd.DataFrame(load_penguins()))


def test_breast_cancer_is_the_packages_table_with_its_classes_by_name() -> None:
    bunch = load_breast_cancer()
    table = read("breast-cancer")
    assert (table.drop(columns="diagnosis").to_numpy() == bunch.data).all()
    assert list(table["diagnosis"]) == [bunch.target_names[each] for each in bunch.target]


def test_diabetes_is_the_packages_table_unscaled() -> None:
    bunch = load_diabetes(scaled=False)
    table = read("diabetes")
    assert (table.drop(columns="progression").to_numpy() == bunch.data).all()
    assert (table["progression"].to_numpy() == bunch.target).all()


def test_a_sample_that_is_none_is_named_with_those_that_are() -> None:
    with pytest.raises(NotFound) as refused:
        get_sample("../../etc/passwd")
    assert "penguins" in refused.value.hint


def read(name: str) -> pd.DataFrame:
    return pd.read_csv(get_sample(name).path)
