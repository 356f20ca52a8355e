"""A table as a practised user prepares it for the rivals, on LayerLab's split.

Their best case: numbers standardized (missing ones the median), categories one-hot with a column of
their own for what is missing, a quantity to predict standardized; for trees missing cells stay
missing and categories stay categories. All of it is fitted on the training rows.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Split = Mapping[str, Sequence[int]]
"""Rows of the file, from 0, as `GET /v1/studies/{study_id}/split` answers."""

_PARTS: Final = {"train": "train", "validation": "val", "test": "test"}
_MISSING: Final = "(missing)"


@dataclass(frozen=True, slots=True)
class Matrices:
    """`arrays` as benchmarks/rivals/quality_job.py's `QualityTable` names them."""

    arrays: dict[str, NDArray[Any]]
    n_classes: int
    """0: a quantity is predicted."""

    @property
    def train_rows(self) -> int:
        return len(self.arrays["y_train"])

    def save(self, path: Path) -> None:
        np.savez(path, **self.arrays)  # type: ignore[arg-type]  # Its stubs know names of its own.


def split_hash(split: Split) -> str:
    """Of the same rows in the same parts, whatever their order."""
    parts = {name: sorted(rows) for name, rows in sorted(split.items())}
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def prepare(text: bytes, target: str, is_classification: bool, split: Split) -> Matrices:
    import pandas as pd

    frame = pd.read_csv(io.BytesIO(text))
    rows = {short: list(split[name]) for name, short in _PARTS.items()}
    features = frame.drop(columns=target)
    names = [str(each) for each in features]
    numeric = [each for each in names if pd.api.types.is_numeric_dtype(features[each])]
    categories = [each for each in names if each not in numeric]
    features[categories] = features[categories].astype(object).fillna(_MISSING).astype(str)
    arrays: dict[str, NDArray[Any]] = {"is_category": _is_category(numeric, categories)}
    for kind, transformer in (("x", _for_networks), ("raw", _for_trees)):
        fitted = transformer(numeric, categories).fit(features.iloc[rows["train"]])
        for short, part in rows.items():
            arrays[f"{kind}_{short}"] = fitted.transform(features.iloc[part]).astype(np.float32)
    labels = frame[target]
    if is_classification:
        classes = np.unique(labels.dropna())
        numbers = np.searchsorted(classes, labels.where(labels.notna(), classes[0]))
        arrays.update({f"y_{short}": numbers[part] for short, part in rows.items()})
        return Matrices(arrays, len(classes))
    values = labels.to_numpy(np.float64)
    mean, deviation = values[rows["train"]].mean(), values[rows["train"]].std()
    for short, part in rows.items():
        arrays[f"y_{short}"] = ((values[part] - mean) / deviation).astype(np.float32)
    return Matrices(arrays, 0)


def _for_networks(numeric: list[str], categories: list[str]) -> Any:
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    scaled = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    one_hot = OneHotEncoder(handle_unknown="ignore")
    return make_column_transformer((scaled, numeric), (one_hot, categories), sparse_threshold=0)


def _for_trees(numeric: list[str], categories: list[str]) -> Any:
    from sklearn.compose import make_column_transformer
    from sklearn.preprocessing import OrdinalEncoder

    # To trees, what the training rows have not shown is as missing.
    numbers = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan)
    return make_column_transformer(("passthrough", numeric), (numbers, categories))


def _is_category(numeric: list[str], categories: list[str]) -> NDArray[np.bool_]:
    return np.array([False] * len(numeric) + [True] * len(categories))
