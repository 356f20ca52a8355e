"""scikit-learn's estimators as they come: `python -m benchmarks.rivals.quality_sklearn JOB.json
mlp | trees | linear`. Nothing is chosen, so nothing is picked; they take the time that they take.
"""

from __future__ import annotations

import sys
import warnings
from typing import Any, Final

from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier, MLPRegressor

from benchmarks.rivals.job import Watch, say_ready
from benchmarks.rivals.quality_job import QualityTable, read_quality_job, say_result

_SEED: Final = 1
_LINEAR_ITERATIONS: Final = 1000


def build_estimator(kind: str, table: QualityTable) -> Any:
    """With its defaults, but for a seed, which columns are categories, and enough iterations."""
    is_classes = bool(table.n_classes)
    if kind == "mlp":
        return (MLPClassifier if is_classes else MLPRegressor)(random_state=_SEED)
    if kind == "linear":
        return LogisticRegression(max_iter=_LINEAR_ITERATIONS) if is_classes else Ridge()
    boosted = HistGradientBoostingClassifier if is_classes else HistGradientBoostingRegressor
    return boosted(random_state=_SEED, categorical_features=table.is_category)


def main() -> None:
    # A default network may not converge; so it is.
    warnings.simplefilter("ignore", ConvergenceWarning)
    job, kind = read_quality_job(), sys.argv[2]
    table = job.table
    is_raw = kind == "trees"
    train, val, test = (
        (table.raw_train, table.raw_val, table.raw_test)
        if is_raw
        else (table.x_train, table.x_val, table.x_test)
    )
    say_ready("scikit-learn")
    watch = Watch(job.run)
    estimator = build_estimator(kind, table).fit(train, table.y_train)
    say_result(
        watch,
        float(estimator.score(val, table.y_val)),
        float(estimator.score(test, table.y_test)),
        trials=1,
        epochs=int(estimator.n_iter_) if kind == "mlp" else 0,
        model=type(estimator).__name__,
    )


if __name__ == "__main__":
    main()
