"""What a trial's result depends on: enough for anybody to get it again."""

from __future__ import annotations

from dataclasses import dataclass

from layerlab.domain.json_value import JsonValue
from layerlab.domain.problem import NotFound
from layerlab.domain.receipt import Receipt
from layerlab.domain.recipe import RecipeName
from layerlab.domain.study import Cohort, Study, Trial
from services.gateway.ledger.cohort_documents import receipt_to_json


@dataclass(frozen=True, slots=True)
class TrialReceipt:
    """`recipe`: the design's own, or the study's. `receipt`: of the trial's cohort."""

    dataset_id: str
    recipe: RecipeName
    trial: Trial
    receipt: Receipt


def receipt_of(study: Study, trial: Trial, cohort: Cohort) -> TrialReceipt:
    """:raises NotFound: `no_receipt`."""
    if cohort.receipt is None:
        raise NotFound(
            "no_receipt",
            f"Trial {trial.number} of study {study.study_id} has no receipt.",
            hint="There is one once its cohort has been trained to its end.",
        )
    recipe = trial.design.recipe or study.spec.recipe
    return TrialReceipt(study.spec.dataset_id, recipe, trial, cohort.receipt)


def trial_receipt_to_json(entry: TrialReceipt) -> dict[str, JsonValue]:
    trial, receipt = entry.trial, receipt_to_json(entry.receipt)
    assert isinstance(receipt, dict)
    return {
        "dataset_id": entry.dataset_id,
        "recipe": entry.recipe.value,
        **receipt,
        "design": trial.design.to_json(),
        "baseline": trial.baseline and trial.baseline.value,
        "engine": trial.engine.value,
        "seed": trial.seed,
        "repeat": trial.repeat,
        "share": trial.share,
        "epochs": trial.epochs,
        "best_epoch": trial.best_epoch,
        "score_val": trial.score_val,
        "val_loss": trial.val_loss,
    }
