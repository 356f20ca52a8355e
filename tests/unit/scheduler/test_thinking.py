"""The scheduler's thinking child, as a real process."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import replace

import pytest

from layerlab.domain.problem import InvalidInput, Unavailable
from layerlab.domain.spec import Search
from layerlab.domain.study import Proposal, Study
from layerlab.domain.trial import StudyState
from layerlab.domain.verdict import Outcome
from services.scheduler.search import KnownTrials, Wish, build_searcher
from services.scheduler.thinking import ThinkingChild
from tests.unit.scheduler.builders import START, a_spec, a_study, a_trial, succeeded

_LIMIT = 60.0
_SILENT = "tests.unit.scheduler.silent_child"


@pytest.fixture
async def thinker() -> AsyncIterator[ThinkingChild]:
    child = ThinkingChild()
    yield child
    await child.close()


def a_wish(numbers: int = 4) -> Wish:
    """After 20 trials, the wider the better."""
    designs = build_searcher(a_spec()).propose(range(1, 21), KnownTrials())
    trials = (
        succeeded(a_trial(Proposal(number, design, 0)), sum(design.hidden) / 1_000)
        for number, design in enumerate(designs, start=1)
    )
    return Wish(tuple(range(30, 30 + numbers)), tuple(trials))


def a_learning_study() -> Study:
    return Study("s1", a_spec(search=Search.TPE), StudyState.RUNNING, START)


async def test_a_new_child_answers_as_the_one_before(thinker: ThinkingChild) -> None:
    study, wish = a_learning_study(), a_wish()
    before = await thinker.propose(study, wish)
    first = thinker.pid
    await kill(thinker)

    assert len(set(before)) == 4
    with suppress(Unavailable):  # Unless its death was noticed before.
        await thinker.propose(study, wish)
    assert await thinker.propose(study, wish) == before
    assert thinker.pid != first


async def test_questions_that_come_together_are_answered_one_by_one(
    thinker: ThinkingChild,
) -> None:
    study, wish = a_learning_study(), a_wish()
    together = await asyncio.gather(*(thinker.propose(study, wish) for _ in range(3)))

    assert together[0] == together[1] == together[2]


async def test_what_cannot_be_searched_is_refused_with_the_field(thinker: ThinkingChild) -> None:
    study = a_learning_study()
    tight = replace(study.spec.constraints, max_params=1)
    study = replace(study, spec=replace(study.spec, constraints=tight))

    with pytest.raises(InvalidInput) as refused:
        await thinker.propose(study, a_wish())
    assert refused.value.field == "constraints"


async def test_a_verdict_comes_back_whole(thinker: ThinkingChild) -> None:
    verdict = await thinker.judge(a_study(), (), is_final=True, limits=("It was stopped.",))

    assert verdict.outcome is Outcome.NONE
    assert verdict.limits == ("It was stopped.",)


async def test_a_child_that_does_not_answer_is_replaced() -> None:
    child = ThinkingChild(patience_seconds=0.2, module=_SILENT)
    try:
        with pytest.raises(Unavailable, match="too long"):
            await child.propose(a_learning_study(), a_wish())
        assert child.pid is None
    finally:
        await child.close()


async def test_nobody_waits_for_the_answer_to_a_question_that_was_given_up(
    thinker: ThinkingChild,
) -> None:
    study, wish = a_learning_study(), a_wish()
    asked = asyncio.create_task(thinker.propose(study, a_wish(numbers=20)))
    await until(lambda: thinker.pid is not None)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked

    assert len(await thinker.propose(study, wish)) == len(wish.numbers)


async def test_an_idle_child_gives_its_memory_back() -> None:
    child = ThinkingChild(idle_seconds=0.1)
    try:
        await child.propose(a_learning_study(), a_wish())
        await until(lambda: child.pid is None)
        assert len(await child.propose(a_learning_study(), a_wish())) == 4
    finally:
        await child.close()


def test_the_scheduler_itself_loads_nothing_heavy() -> None:
    heavy = "optuna", "scipy", "numpy", "torch"
    code = (
        "import sys, services.scheduler.__main__, services.scheduler.thinking\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=_LIMIT
    )
    assert said.stdout.strip() == "[]"


async def kill(thinker: ThinkingChild) -> None:
    assert thinker.pid is not None
    os.kill(thinker.pid, signal.SIGKILL)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(_LIMIT):
        while not holds():  # noqa: ASYNC110  # A process tells nobody that it has ended.
            await asyncio.sleep(0.01)
