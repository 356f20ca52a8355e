"""Takes cohorts through this trainer: claimed, trained, ended, or given back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

import structlog

from layerlab.domain.exchange import Claim, ClaimOutcome
from layerlab.domain.problem import Problem
from layerlab.domain.study import Assignment, CohortRef
from layerlab.domain.trial import FailureReason
from layerlab.domain.worker import HeldCohort
from layerlab.intake import Intake
from layerlab.ports import CohortLedger, Requeue
from services.trainer.attempt import Attempt
from services.trainer.baselines.process import BaselineProcess
from services.trainer.executor import JobExecutor, JobFailed
from services.trainer.matrices import MatrixCache
from services.trainer.reporting import retry_while_unavailable
from services.trainer.tools import Tools
from services.trainer.turns import CalledTooEarly, Stage, Turn, Turns

log = structlog.get_logger()

# A message may come because the cohort's worker has just died. The ledger has a moment to notice.
# Then it gives the worker 2 s to come back; whoever waits for it is an idle trainer.
_NOTICING_SECONDS: Final = 1.0
_RETURNING_SECONDS: Final = 4.0
_LEAST_WAIT_SECONDS: Final = 0.1
# Of the ten seconds that a container engine gives a process to end.
_HAND_BACK_SECONDS: Final = 4.0


@dataclass(frozen=True, slots=True)
class WorkerName:
    """`incarnation` is new at every start."""

    worker_id: str
    incarnation: str


class CohortRunner:
    """The handler of the queue's cohorts. Trains one at a time.

    `intake` is told when another one is wanted: soon before the one that trains is over.
    """

    def __init__(
        self,
        ledger: CohortLedger,
        matrices: MatrixCache,
        executor: JobExecutor,
        name: WorkerName,
        max_cohort_seconds: float,
        intake: Intake | None = None,
        baselines: BaselineProcess | None = None,
    ) -> None:
        self._ledger, self._name = ledger, name
        baselines = baselines or BaselineProcess()
        self._tools = Tools(ledger, matrices, executor, max_cohort_seconds, baselines)
        self._turns = Turns(intake or Intake())
        self._names: set[tuple[str, str]] = set()
        self._held: dict[Turn, HeldCohort] = {}
        self.changed = asyncio.Event()
        """Set with every change of `held`, for whoever clears it."""

    @property
    def held(self) -> tuple[HeldCohort, ...]:
        """Every cohort that is claimed here; first the one that trains or will."""
        ordered = sorted(self._held, key=lambda turn: _ORDER.index(turn.stage))
        return tuple(self._held[turn] for turn in ordered)

    async def run(self, cohort: CohortRef) -> None:
        """Returns once the ledger has acknowledged every trial's end, or wants none of this.

        That includes a cohort that another worker trains: when it is lost, the ledger has the
        cohort published again.

        :raises Requeue: when the cohort is to come again.
        :raises NotFound: for a message that names no cohort.
        """
        with self._turns.enter() as turn:
            name = cohort.study_id, cohort.cohort_id
            if name in self._names:
                # A second claim would look like the repeat of one whose answer was lost.
                log.info("not claimed", cohort_id=cohort.cohort_id, outcome="held here")
                return
            self._names.add(name)
            try:
                await self._run(cohort, turn)
            finally:
                self._names.discard(name)

    async def _run(self, cohort: CohortRef, turn: Turn) -> None:
        claim = await self._claim(cohort)
        if claim.assignment is None:
            log.info("not claimed", cohort_id=cohort.cohort_id, outcome=claim.outcome.value)
            return
        with (
            structlog.contextvars.bound_contextvars(cohort_id=cohort.cohort_id),
            self._holding(turn, claim.assignment),
        ):
            await self._attempt(Attempt(self._tools, cohort, claim.assignment, turn))

    async def _claim(self, cohort: CohortRef) -> Claim:
        """BUSY only for a worker that is there all the same: then no message is needed."""
        name, began = self._name, time.monotonic()
        while True:
            claim = await retry_while_unavailable(
                lambda: self._ledger.claim_cohort(cohort, name.worker_id, name.incarnation),
                "claim",
            )
            patience = _RETURNING_SECONDS if claim.holder_is_gone else _NOTICING_SECONDS
            if claim.outcome is not ClaimOutcome.BUSY or time.monotonic() - began >= patience:
                return claim
            await asyncio.sleep(max(claim.retry_after_seconds, _LEAST_WAIT_SECONDS))

    @contextmanager
    def _holding(self, turn: Turn, assignment: Assignment) -> Iterator[None]:
        held = HeldCohort(assignment.study_id, assignment.cohort_id, assignment.attempt)
        self._held[turn] = held
        self.changed.set()
        try:
            yield
        finally:
            del self._held[turn]
            self.changed.set()

    async def _attempt(self, attempt: Attempt) -> None:
        try:
            outcome = await attempt.run()
            log.info("cohort over", outcome=outcome.value, attempt=attempt.assignment.attempt)
        except asyncio.CancelledError:
            await self._hand_back(attempt)
            raise
        except Exception as error:
            reason, detail = _blame(error)
            if reason:
                log.warning("attempt failed", reason=reason.value, detail=detail, exc_info=True)
            if await self._release(attempt, reason, detail):
                raise Requeue from error

    async def _hand_back(self, attempt: Attempt) -> None:
        """On the way out: if the ledger can't be told now, the lease will tell it."""
        with suppress(Problem, TimeoutError):
            async with asyncio.timeout(_HAND_BACK_SECONDS):
                await self._release(attempt, None, "The trainer was stopped.")

    async def _release(self, attempt: Attempt, reason: FailureReason | None, detail: str) -> bool:
        """Whether its message is to come again."""
        number = attempt.assignment.attempt
        return await retry_while_unavailable(
            lambda: self._ledger.release_cohort(attempt.cohort, number, reason, detail), "release"
        )


_ORDER: Final = (Stage.WORKING, Stage.FETCHING, Stage.ENDING)


def _blame(error: Exception) -> tuple[FailureReason | None, str]:
    """None: nothing has failed."""
    if isinstance(error, CalledTooEarly):
        return None, "Another cohort trained for longer than was expected."
    if isinstance(error, JobFailed):
        return error.reason, error.detail
    return FailureReason.INTERNAL, str(error) or type(error).__name__
