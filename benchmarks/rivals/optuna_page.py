"""A study of Optuna with given trials, for its dashboard: `python -m … TRIALS.json STORAGE_URL`.

TRIALS.json: a list of {"params": {name: value}, "value": …, "epochs": [score after each epoch]}.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import optuna


def main() -> None:
    told = json.loads(Path(sys.argv[1]).read_text())
    distributions = {name: _distribution([each["params"][name] for each in told])
                     for name in told[0]["params"]}  # fmt: skip
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(storage=sys.argv[2], study_name="page", direction="maximize")
    study.add_trials(
        [
            optuna.trial.create_trial(
                params=each["params"],
                distributions=distributions,
                value=each["value"],
                intermediate_values=dict(enumerate(each["epochs"], start=1)),
            )
            for each in told
        ]
    )


def _distribution(values: list[Any]) -> Any:
    if isinstance(values[0], str):
        return optuna.distributions.CategoricalDistribution(sorted(set(values)))
    if all(isinstance(value, int) for value in values):
        return optuna.distributions.IntDistribution(min(values), max(values))
    return optuna.distributions.FloatDistribution(min(values), max(values))


if __name__ == "__main__":
    main()
