"""A study of thousands of ended trials, written by the ledger's own code into a SQLite store.

No network is trained: made-up trainers report what networks of such designs would. Everything
that a page, a list or a replay reads is as a real search leaves it.
"""

from __future__ import annotations

import asyncio
import itertools
import math
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from layerlab.adapters.objects import FileDatasetStore
from layerlab.adapters.opening import open_event_feed, open_run_store
from layerlab.domain.dataset import Task
from layerlab.domain.design import Activation, Design, Norm, Optimizer
from layerlab.domain.exchange import ReportBatch
from layerlab.domain.presets import preset_space
from layerlab.domain.spec import Budget, StudySpec
from layerlab.domain.study import CohortRef, EpochReport, Proposal, Purpose, TrialEnd
from layerlab.domain.trial import FailureReason, StopReason, StudyState, TrialState
from services.gateway.ledger import Ledger

LANES: Final = 32
EPOCHS: Final = 12
_FAILS_EVERY: Final = 173


def seed_study(data_dir: Path, dataset_id: str, target: str, trials: int) -> str:
    """The id of an ended study of `trials`, in the data folder of a server that is stopped.

    The dataset is one that the folder holds; its `target` has classes.
    """
    url = f"sqlite:///{data_dir.absolute()}/ledger.db"
    return asyncio.run(_seed(url, data_dir / "models", dataset_id, target, trials))


async def _seed(url: str, models_dir: Path, dataset_id: str, target: str, trials: int) -> str:
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_run_store(url))
        feed = await stack.enter_async_context(open_event_feed(url))
        models = FileDatasetStore(models_dir)
        ledger = await stack.enter_async_context(Ledger(store, feed, models))
        spec = StudySpec(
            dataset_id,
            target,
            Task.CLASSIFICATION,
            preset_space("thorough", 344),
            Budget(trials, EPOCHS, None),
            name=f"{trials:,} designs",
            preset="thorough",
        )
        study_id = (await ledger.create_study(spec)).study.study_id
        await ledger.move_study(study_id, StudyState.RUNNING)
        for first in range(1, trials + 1, LANES):
            await _train(ledger, study_id, range(first, min(trials + 1, first + LANES)))
        await ledger.move_study(study_id, StudyState.SUCCEEDED)
    return study_id


async def _train(ledger: Ledger, study_id: str, numbers: range) -> None:
    cohort = CohortRef(study_id, f"c{numbers[0]}")
    chance = random.Random(numbers[0])
    proposals = [Proposal(number, draw_design(chance), number) for number in numbers]
    await ledger.register_cohort(cohort, Purpose.SEARCH, proposals)
    await ledger.mark_cohort_queued(cohort)
    claim = await ledger.claim_cohort(cohort, "trainer-1", "seeding")
    assert claim.assignment is not None
    limits = {each.number: limit_of(each.design, chance) for each in proposals}
    batches = _batches(proposals, limits)
    async for ack in ledger.report_cohort(cohort, claim.assignment.attempt, batches):
        assert not ack.stale


async def _batches(
    proposals: list[Proposal], limits: dict[int, float]
) -> AsyncIterator[ReportBatch]:
    for epoch in range(1, EPOCHS + 1):
        yield ReportBatch(epoch, tuple(_report(number, epoch, limits[number]) for number in limits))
    ends = tuple(_end(each, limits[each.number]) for each in proposals)
    yield ReportBatch(EPOCHS + 1, ends=ends)


def _report(number: int, epoch: int, limit: float) -> EpochReport:
    learnt = 1 - math.exp(-4 * epoch / EPOCHS)
    loss = 1.1 * (1 - learnt)
    return EpochReport(number, epoch, loss + 0.05, loss + 0.08, limit * learnt, 0.04 * epoch)


def _fails(number: int) -> bool:
    return number % _FAILS_EVERY == 0


def _end(proposal: Proposal, limit: float) -> TrialEnd:
    number, size = proposal.number, count_params(proposal.design)
    if _fails(number):
        reason = FailureReason.NAN_LOSS
        return TrialEnd(number, TrialState.FAILED, reason, epochs=3, n_params=size)
    return TrialEnd(
        number,
        TrialState.SUCCEEDED,
        stop_reason=StopReason.MAX_EPOCHS,
        score_val=limit,
        val_loss=0.1,
        best_epoch=EPOCHS,
        epochs=EPOCHS,
        fit_time_seconds=0.3 + 0.2 * len(proposal.design.hidden) + size * 4e-6,
        n_params=size,
    )


def draw_design(chance: random.Random) -> Design:
    return Design(
        hidden=tuple(chance.choice((16, 32, 64, 128, 256)) for _ in range(chance.randint(1, 5))),
        activation=chance.choice(tuple(Activation)),
        norm=chance.choice(tuple(Norm)),
        dropout=round(chance.random() * 0.5, 3),
        optimizer=chance.choice((Optimizer.ADAM, Optimizer.ADAMW, Optimizer.SGD)),
        learning_rate=5e-4 * 100 ** chance.random(),
        weight_decay=1e-6 * 1000 ** chance.random(),
        batch_size=chance.choice((16, 32, 64, 128)),
    )


def limit_of(design: Design, chance: random.Random) -> float:
    """A validation accuracy: a learning rate off its best costs most, then norm and depth."""
    best = -1.3 if design.optimizer is Optimizer.SGD else -2.4
    merit = (
        0.975
        - 0.04 * (math.log10(design.learning_rate) - best) ** 2
        - 0.008 * abs(len(design.hidden) - 2.4)
        - (0.015 if design.norm is Norm.NONE else 0.0)
        - 0.03 * abs(design.dropout - 0.12)
        + chance.gauss(0, 0.008)
    )
    return min(0.995, max(0.3, merit))


def count_params(design: Design) -> int:
    """Of a network from nine features to three classes."""
    widths = (9, *design.hidden, 3)
    return sum((a + 1) * b for a, b in itertools.pairwise(widths))
