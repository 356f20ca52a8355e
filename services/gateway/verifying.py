"""Verifications: trials that are trained again, each in a hidden study of its own."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict
from typing import Final

from layerlab.domain.json_value import JsonValue
from layerlab.domain.problem import Conflict, InvalidInput, NotFound
from layerlab.domain.receipt import Receipt
from layerlab.domain.study import Study, Trial
from services.gateway.idempotency import hash_of
from services.gateway.ledger import Ledger
from services.gateway.replaying import Verification, compare, replay_spec
from services.gateway.streams import wait_for_end

MAX_WAIT_SECONDS: Final = 60.0
DEFAULT_WAIT_SECONDS: Final = 10.0
_ID_LENGTH: Final = 16


def wait_seconds(asked: float | None, default: float) -> float:
    """:raises InvalidInput: `invalid_value`."""
    seconds = default if asked is None else asked
    if not 0 <= seconds <= MAX_WAIT_SECONDS:
        raise InvalidInput(
            "invalid_value",
            f"`wait` must be 0 to {MAX_WAIT_SECONDS:g} seconds, not {seconds:g}.",
            field="wait_seconds",
        )
    return seconds


class Verifier:
    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def verify(
        self, study_id: str, number: int, seconds: float, key: str = ""
    ) -> Verification:
        """Has the trial trained again, and waits `seconds` for the end. `key`: a repeat with the
        same one asks about the first.

        :raises NotFound: `unknown_study`, `unknown_trial`.
        :raises Conflict: `not_replayable`.
        """
        study, trial, _ = await self._trial(study_id, number)
        asked = f"verify:{key}:{study_id}:{number}"
        replay_id = hash_of(asked)[:_ID_LENGTH] if key else ""
        try:
            view = await self._ledger.create_study(
                replay_spec(study, trial), replay_id, study.table
            )
            replay_id = view.study.study_id
        except Conflict as problem:
            if problem.code != "study_exists":
                raise
        return await self.look(study_id, number, replay_id, seconds)

    async def look(
        self, study_id: str, number: int, verification_id: str, seconds: float = 0.0
    ) -> Verification:
        """Waits for so many seconds for its end.

        :raises NotFound: `unknown_study`, `unknown_trial`, `unknown_verification`.
        """
        study, trial, receipt = await self._trial(study_id, number)
        await self._check(study, trial, verification_id)
        if seconds:
            await wait_for_end(self._ledger.follow(verification_id), seconds)
        replay = (await self._ledger.get_study(verification_id)).study
        got = None
        with suppress(NotFound):
            _, again, new_receipt = await self._trial(verification_id, 1)
            got = again, new_receipt
        return compare(verification_id, (trial, receipt), replay, got)

    async def _check(self, study: Study, trial: Trial, verification_id: str) -> None:
        """A study of a stranger's is none of this trial's verifications, hidden or not."""
        with suppress(NotFound):
            replay = (await self._ledger.get_study(verification_id)).study
            if replay.spec == replay_spec(study, trial):
                return
        raise NotFound(
            "unknown_verification",
            f"Trial {trial.number} of study {study.study_id} has no such verification.",
        )

    async def _trial(self, study_id: str, number: int) -> tuple[Study, Trial, Receipt | None]:
        study = (await self._ledger.get_study(study_id)).study
        trial, cohort = await self._ledger.get_cohort_of(study_id, number)
        return study, trial, cohort.receipt


def verification_to_json(verification: Verification) -> dict[str, JsonValue]:
    document: dict[str, JsonValue] = asdict(verification)
    return {
        **document,
        "state": verification.state.value,
        "differences": list(verification.differences),
    }
