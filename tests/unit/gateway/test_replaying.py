"""Trials that are trained again: which can be, and when two results are the same."""

from __future__ import annotations

from dataclasses import replace

import pytest

from layerlab.domain.baseline import Baseline
from layerlab.domain.problem import Conflict
from layerlab.domain.receipt import Receipt
from layerlab.domain.spec import Engine, Replay, StudyKind, VerdictMode
from layerlab.domain.study import Study, Trial
from layerlab.domain.trial import StopReason, StudyState, TrialState
from services.gateway.replaying import (
    Verification,
    VerificationState,
    compare,
    replay_spec,
    replayed_epochs,
)
from tests.unit.gateway_ledger.world import START, a_design, a_spec

STUDY = Study("s1", a_spec(), StudyState.SUCCEEDED, START)
TRIAL = Trial(
    7, a_design(), 99, Engine.FUSED, "c1", TrialState.SUCCEEDED, stop_reason=StopReason.MAX_EPOCHS,
    score_val=0.75, val_loss=0.5, best_epoch=6, epochs=10, repeat=3, share=0.5,
)  # fmt: skip
RECEIPT = Receipt("a" * 64, "b" * 64, {"numpy": "2"}, {"kernel_level": "v4", "threads": "2"})


def verified(
    again: Trial | None, receipt: Receipt | None = RECEIPT, state: StudyState = StudyState.SUCCEEDED
) -> Verification:
    replay = replace(STUDY, state=state, detail="why")
    got = None if again is None else (again, receipt)
    return compare("v1", (TRIAL, RECEIPT), replay, got)


def test_a_replay_is_a_hidden_study_of_one_trial_with_its_seed_repeat_and_share() -> None:
    spec = replay_spec(STUDY, TRIAL)
    assert (spec.kind, spec.verdict, spec.halving) == (StudyKind.REPLAY, VerdictMode.OFF, None)
    assert spec.designs == (TRIAL.design,)
    assert spec.replay == Replay(99, 3, 0.5, 10)
    # Schedules of the learning rate last as long as they did.
    assert spec.budget.max_epochs == STUDY.spec.budget.max_epochs
    assert (spec.dataset_id, spec.seed, spec.split) == (
        STUDY.spec.dataset_id,
        STUDY.spec.seed,
        STUDY.spec.split,
    )


def test_the_epoch_that_the_clock_has_cut_is_not_trained_again() -> None:
    cut = replace(TRIAL, stop_reason=StopReason.TIME_BUDGET)
    assert replayed_epochs(cut) == 9
    with pytest.raises(Conflict, match="not_replayable"):
        replayed_epochs(replace(cut, best_epoch=10))


@pytest.mark.parametrize(
    "trial",
    [
        replace(TRIAL, baseline=Baseline.TREES),
        replace(TRIAL, state=TrialState.RUNNING),
        replace(TRIAL, state=TrialState.FAILED, score_val=None),
        replace(TRIAL, state=TrialState.CANCELLED, score_val=None, epochs=0),
    ],
)
def test_what_has_no_result_of_training_is_not_replayable(trial: Trial) -> None:
    with pytest.raises(Conflict, match="not_replayable"):
        replay_spec(STUDY, trial)


def test_on_the_same_kernels_the_last_bit_counts() -> None:
    threads = replace(RECEIPT, machine={"kernel_level": "v4", "threads": "8"})
    same = verified(TRIAL, threads)
    assert (same.state, same.same_machine, same.differences) == (
        VerificationState.MATCHES,
        True,
        (),
    )
    other = verified(replace(TRIAL, val_loss=0.5 + 1e-15))
    assert other.state is VerificationState.DIFFERS
    assert other.differences[0].startswith("val_loss: 0.5 before")


def test_on_other_kernels_rounding_is_no_difference() -> None:
    elsewhere = replace(RECEIPT, machine={"kernel_level": "v3"})
    rounded = replace(TRIAL, val_loss=0.500001, best_epoch=5)
    assert verified(rounded, elsewhere).state is VerificationState.MATCHES
    assert verified(rounded, elsewhere).same_machine is False
    assert verified(replace(TRIAL, score_val=0.76), elsewhere).state is VerificationState.DIFFERS


def test_another_split_is_a_difference_even_with_an_equal_result() -> None:
    found = verified(TRIAL, replace(RECEIPT, split_sha256="c" * 64))
    assert found.state is VerificationState.DIFFERS
    assert found.differences[0].startswith("split_sha256")


def test_a_replay_without_a_result_has_failed_and_says_why() -> None:
    assert verified(None).state is VerificationState.FAILED
    died = replace(TRIAL, state=TrialState.FAILED, score_val=None, detail="killed")
    assert (verified(died).state, verified(died).detail) == (VerificationState.FAILED, "killed")
    assert verified(None, state=StudyState.CANCELLED).detail == "why"
    assert verified(None, state=StudyState.RUNNING).state is VerificationState.RUNNING
