"""Training a trial again, in a study of its own, and comparing what came of it: pure functions."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from layerlab.domain.constraints import Constraints
from layerlab.domain.problem import Conflict
from layerlab.domain.receipt import Receipt
from layerlab.domain.spec import Budget, Replay, Search, StudyKind, StudySpec, VerdictMode
from layerlab.domain.study import Study, Trial
from layerlab.domain.trial import StopReason, StudyState, TrialState

TOLERANCE: Final = 1e-4
"""Of scores and losses, relative from 1 on, where another machine or version has trained again:
the same kernels give the same bits, others round otherwise."""

_WITH_SCORE: Final = frozenset({TrialState.SUCCEEDED, TrialState.PRUNED})
# Of a machine, what results depend on to the last bit: neither threads nor the processor's name.
_KERNELS: Final = "kernel_level"


class VerificationState(StrEnum):
    RUNNING = "RUNNING"
    MATCHES = "MATCHES"
    DIFFERS = "DIFFERS"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class TrialResult:
    """What training gave: of the best epoch, and how many there were."""

    score_val: float | None
    val_loss: float | None
    best_epoch: int | None
    epochs: int


@dataclass(frozen=True, slots=True)
class Verification:
    """`verification_id`: of the study that trains the trial again. `got`: None until it has ended.

    `same_machine`: versions and kernels are the same, so that results must be equal to the last
    bit; None: not known.
    """

    verification_id: str
    state: VerificationState
    expected: TrialResult
    got: TrialResult | None = None
    differences: tuple[str, ...] = ()
    same_machine: bool | None = None
    detail: str = ""


def replay_spec(study: Study, trial: Trial) -> StudySpec:
    """The study of one trial that repeats this one.

    :raises Conflict: `not_replayable`.
    """
    return again(study, trial, replay_of(trial), f"Trial {trial.number} of {study.study_id} again")


def replay_of(trial: Trial) -> Replay:
    """:raises Conflict: `not_replayable`."""
    return Replay(trial.seed, trial.repeat, trial.share, replayed_epochs(trial))


def again(study: Study, trial: Trial, replay: Replay, name: str) -> StudySpec:
    """A study, in no list, of this one trial."""
    spec = study.spec
    return replace(
        spec,
        name=name,
        preset="",
        search=Search.RANDOM,
        budget=Budget(1, spec.budget.max_epochs, None),
        halving=None,
        constraints=Constraints(),
        designs=(trial.design,),
        verdict=VerdictMode.OFF,
        kind=StudyKind.REPLAY,
        replay=replay,
    )


def replayed_epochs(trial: Trial) -> int:
    """How many epochs of it can be trained again alike.

    :raises Conflict: `not_replayable`.
    """
    if trial.baseline:
        raise _not_replayable(trial, "is a baseline: fitted, not trained by epochs")
    if not trial.state.is_terminal:
        raise _not_replayable(trial, "has not ended")
    if trial.state not in _WITH_SCORE or trial.score_val is None or not trial.epochs:
        raise _not_replayable(trial, f"has ended as {trial.state} without a score")
    if trial.stop_reason is not StopReason.TIME_BUDGET:
        return trial.epochs
    # The clock has ended its last epoch, after any number of steps.
    if trial.epochs == trial.best_epoch:
        raise _not_replayable(trial, "was best in its last epoch, which the time budget cut short")
    return trial.epochs - 1


def compare(
    verification_id: str,
    expected: tuple[Trial, Receipt | None],
    replay: Study,
    got: tuple[Trial, Receipt | None] | None,
) -> Verification:
    """`got`: the one trial of `replay`, None until it is registered."""
    trial, receipt = expected
    wanted = result_of(trial, replayed_epochs(trial))
    running = Verification(verification_id, VerificationState.RUNNING, wanted)
    if not replay.state.is_terminal:
        return running
    again = got[0] if got else None
    if replay.state is not StudyState.SUCCEEDED or again is None or again.score_val is None:
        detail = (again.detail if again else "") or replay.detail
        return replace(running, state=VerificationState.FAILED, detail=detail)
    result = result_of(again, again.epochs)
    new_receipt = got[1] if got else None
    same = _same_machine(receipt, new_receipt)
    differences = (
        *_differences(wanted, result, exact=bool(same)),
        *_other_inputs(receipt, new_receipt),
    )
    state = VerificationState.DIFFERS if differences else VerificationState.MATCHES
    return Verification(
        verification_id, state, wanted, result, differences, same, _tolerance_note(same)
    )


def result_of(trial: Trial, epochs: int) -> TrialResult:
    return TrialResult(trial.score_val, trial.val_loss, trial.best_epoch, epochs)


def _differences(wanted: TrialResult, got: TrialResult, exact: bool) -> Iterator[str]:
    for name in ("score_val", "val_loss"):
        before, after = getattr(wanted, name), getattr(got, name)
        if not (before == after if exact else _close(before, after)):
            yield f"{name}: {before} before, {after} now"
    # Where rounding differs, another epoch of nearly the same score may be the best.
    for name in ("best_epoch", "epochs") if exact else ("epochs",):
        before, after = getattr(wanted, name), getattr(got, name)
        if before != after:
            yield f"{name}: {before} before, {after} now"


def _close(before: float | None, after: float | None) -> bool:
    if before is None or after is None:
        return before is after
    return math.isclose(before, after, rel_tol=TOLERANCE, abs_tol=TOLERANCE)


def _other_inputs(before: Receipt | None, after: Receipt | None) -> Iterator[str]:
    if before is None or after is None:
        return
    for name in ("split_sha256", "recipe_sha256"):
        if getattr(before, name) != getattr(after, name):
            yield f"{name}: {getattr(before, name)} before, {getattr(after, name)} now"


def _same_machine(before: Receipt | None, after: Receipt | None) -> bool | None:
    if before is None or after is None:
        return None
    kernels = before.machine.get(_KERNELS), after.machine.get(_KERNELS)
    return before.versions == after.versions and kernels[0] == kernels[1]


def _tolerance_note(same: bool | None) -> str:
    if same:
        return "The same versions and kernels: results must be equal to the last bit."
    return (
        f"Other versions or another machine: equal within {TOLERANCE:g} is as equal as it gets."
        if same is False
        else f"Without both receipts, results within {TOLERANCE:g} count as equal."
    )


def _not_replayable(trial: Trial, why: str) -> Conflict:
    return Conflict(
        "not_replayable",
        f"Trial {trial.number} {why}.",
        hint="Trials that have trained and ended with a score can be trained again.",
        extra={"state": trial.state.value},
    )
