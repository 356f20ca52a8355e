"""scikit-learn's default networks on the split of a study."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer, make_column_transformer
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.metrics import r2_score
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder
from threadpoolctl import threadpool_limits

from tests.e2e.tables import Table


@dataclass(frozen=True)
class Scores:
    """Accuracy or R², trained on the training rows alone."""

    validation: float
    test: float
    n_test: int


def score_default_network(table: Table, task: str, split: dict[str, list[int]]) -> Scores:
    parts = {name: table.frame.iloc[rows] for name, rows in split.items()}
    features = table.frame.columns.drop(table.target)
    kind = MLPClassifier if task == "classification" else MLPRegressor
    network = make_pipeline(_prepare(table.frame[features]), kind(random_state=0))
    with warnings.catch_warnings(), threadpool_limits(1):
        # Its default is 200 epochs, enough or not.
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(parts["train"][features], parts["train"][table.target])
    validation, test = (
        _score(network.predict(parts[name][features]), parts[name][table.target], task)
        for name in ("validation", "test")
    )
    return Scores(validation, test, len(parts["test"]))


def _prepare(frame: pd.DataFrame) -> ColumnTransformer:
    """As the paper's recipe does: missing is 0, then scaled to [0, 1]; categories one-hot."""
    numbers = [each for each in frame if pd.api.types.is_numeric_dtype(frame[each])]
    scaled = make_pipeline(SimpleImputer(strategy="constant", fill_value=0), MinMaxScaler())
    categories = [each for each in frame if each not in numbers]
    return make_column_transformer(
        (scaled, numbers), (OneHotEncoder(handle_unknown="ignore"), categories), sparse_threshold=0
    )


def _score(predicted: Any, truth: pd.Series[Any], task: str) -> float:
    if task == "classification":
        return float(np.mean(predicted == truth))
    return float(r2_score(truth, predicted))
