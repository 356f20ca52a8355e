"""scikit-learn's default networks on the split of a study."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder

from tests.e2e.tables import Table


@dataclass(frozen=True)
class Scores:
    """Accuracy or R²: trained on the training rows, scored on the validation rows; and trained on
    both, scored on the `n_test` test rows.
    """

    validation: float
    test: float
    n_test: int


def score_default_network(table: Table, task: str, split: dict[str, list[int]]) -> Scores:
    train, validation, test = (table.frame.iloc[split[part]] for part in split_parts(split))
    return Scores(
        _fit_and_score(table, task, train, validation),
        _fit_and_score(table, task, pd.concat([train, validation]), test),
        len(test),
    )


def split_parts(split: dict[str, list[int]]) -> tuple[str, str, str]:
    assert set(split) == {"train", "validation", "test"}
    return "train", "validation", "test"


def _fit_and_score(table: Table, task: str, fit: pd.DataFrame, score: pd.DataFrame) -> float:
    kind = MLPClassifier if task == "classification" else MLPRegressor
    features = table.frame.columns.drop(table.target)
    numeric = [each for each in features if pd.api.types.is_numeric_dtype(table.frame[each])]
    prepare = make_column_transformer(
        (
            make_pipeline(SimpleImputer(strategy="constant", fill_value=0), MinMaxScaler()),
            numeric,
        ),
        (
            OneHotEncoder(handle_unknown="ignore"),
            [each for each in features if each not in numeric],
        ),
        sparse_threshold=0,
    )
    network = make_pipeline(prepare, kind(random_state=0))
    with warnings.catch_warnings():
        # Its default is 200 epochs, enough or not.
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(fit[features], fit[table.target])
    predicted = network.predict(score[features])
    truth = score[table.target].to_numpy()
    if task == "classification":
        return float(np.mean(predicted == truth))
    return 1.0 - float(np.sum((truth - predicted) ** 2) / np.sum((truth - truth.mean()) ** 2))
