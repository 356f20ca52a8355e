"""The final test: scores first, evaluations within the time that is left."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field, replace
from typing import Any

from layerlab.domain.dataset import Task
from layerlab.domain.evaluation import EvaluatedRows, EvaluatedTrial, Evaluation
from layerlab.domain.exchange import ReportBatch
from layerlab.domain.problem import Conflict
from layerlab.domain.study import Assignment, CohortRef, Purpose
from layerlab.intake import Intake
from services.trainer.final_test import FinalTest
from services.trainer.messages import ArrayFiles, Evaluated, EvaluateJob, ScoreJob
from services.trainer.turns import Turns
from tests.unit.gateway_ledger.world import a_spec
from tests.unit.trainer.builders import lane

ASSIGNMENT = Assignment("s", "c", Purpose.TEST, 1, 15.0, a_spec(), (lane(1), lane(2)))


@dataclass(frozen=True)
class Header:
    recipe_json: str = '{"target": {"classes": ["a", "b"]}}'
    n_test: int = 20


class Local:
    header = Header()

    def files(self, part: object) -> ArrayFiles:
        return ArrayFiles(f"{part}-x", f"{part}-y")


@dataclass
class FakeTools:
    """Tools, executor and ledger of a test."""

    hangs: bool = False
    refuses: bool = False
    max_cohort_seconds: float = 60.0
    did: list[str] = field(default_factory=list)

    @property
    def executor(self) -> FakeTools:
        return self

    @property
    def ledger(self) -> FakeTools:
        return self

    async def fetch_matrices(self, spec: object, *parts: object) -> Local:
        return Local()

    async def download_model(self, study_id: str, number: int) -> bytes:
        return b"weights"

    async def score(self, job: ScoreJob) -> float:
        self.did.append(f"score {job.lane.number}")
        return 0.5

    async def evaluate(self, job: EvaluateJob) -> Evaluated:
        if self.hangs:
            await asyncio.Event().wait()
        self.did.append(f"evaluate {job.lane.number} on {job.part}")
        return Evaluated(0.5, Evaluation(job.part, Task.CLASSIFICATION, 20))

    async def upload_evaluation(self, *_: object) -> None:
        if self.refuses:
            raise Conflict("no", "Not taken.")


@dataclass
class Stream:
    batches: list[ReportBatch] = field(default_factory=list)

    async def add(self, batch: ReportBatch) -> None:
        self.batches.append(batch)


async def take_test(tools: Any, seconds_left: float | None = None) -> list[ReportBatch]:
    stream: Any = Stream()
    deadline = None if seconds_left is None else time.monotonic() + seconds_left
    with Turns(Intake()).enter() as turn:
        test = FinalTest(tools, CohortRef("s", "c"), replace(ASSIGNMENT), deadline)
        await test.run(turn, stream)
    batches: list[ReportBatch] = stream.batches
    return batches


def scored(batches: list[ReportBatch]) -> list[int]:
    return [score.number for batch in batches for score in batch.test_scores]


async def test_scores_come_first_and_evaluations_with_the_last() -> None:
    tools = FakeTools()
    first, last = await take_test(tools)
    assert scored([first, last]) == [1, 2]
    assert first.evaluated == ()
    assert last.evaluated == tuple(
        EvaluatedTrial(number, rows)
        for rows in (EvaluatedRows.TEST, EvaluatedRows.VALIDATION)
        for number in (1, 2)
    )
    assert tools.did[:2] == ["score 1", "score 2"]


async def test_an_evaluation_that_takes_too_long_costs_no_score() -> None:
    batches = await take_test(FakeTools(hangs=True), seconds_left=0.05)
    assert scored(batches) == [1, 2]
    assert batches[-1].evaluated == ()


async def test_without_time_nothing_is_waited_for() -> None:
    batches = await take_test(FakeTools(hangs=True), seconds_left=-1.0)
    assert scored(batches) == [1, 2]


async def test_an_evaluation_that_the_ledger_refuses_costs_no_score() -> None:
    batches = await take_test(FakeTools(refuses=True))
    assert scored(batches) == [1, 2]
    assert batches[-1].evaluated == ()
