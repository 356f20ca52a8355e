"""Verdicts on the real ledger, and thinkers that fail."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from layerlab.domain.design import Design
from layerlab.domain.event import EventType
from layerlab.domain.problem import Unavailable
from layerlab.domain.spec import Search, StudySpec, VerdictMode
from layerlab.domain.study import Purpose, Study, Trial
from layerlab.domain.trial import StudyState
from layerlab.domain.verdict import Verdict
from services.gateway.ledger import StudyVerb
from services.scheduler.search import Wish
from tests.integration.scheduler_world import SchedulerWorld, running, until
from tests.unit.scheduler.builders import a_spec
from tests.unit.scheduler.thinkers import PlainThinker


def judged(time_seconds: float | None = None) -> StudySpec:
    return replace(a_spec(max_trials=20, time_seconds=time_seconds), verdict=VerdictMode.AUTO)


class ClumsyThinker(PlainThinker):
    """Fails the first so many times."""

    def __init__(self, failures: int) -> None:
        super().__init__()
        self.failures = failures

    async def propose(self, study: Study, wish: Wish) -> list[Design]:
        raise Unavailable("thinking_failed", "The thinking process has died.")

    async def judge(
        self, study: Study, trials: Sequence[Trial], is_final: bool, limits: Sequence[str]
    ) -> Verdict:
        if self.failures > 0:
            self.failures -= 1
            raise Unavailable("thinking_failed", "The thinking process has died.")
        return await super().judge(study, trials, is_final, limits)


class HangingThinker(PlainThinker):
    async def judge(
        self, study: Study, trials: Sequence[Trial], is_final: bool, limits: Sequence[str]
    ) -> Verdict:
        self.judged.append(is_final)
        await asyncio.Event().wait()
        raise AssertionError


async def test_a_study_ends_with_a_verdict_that_the_ledger_has(here: SchedulerWorld) -> None:
    thinker = PlainThinker()
    here.thinker = thinker
    study_id = await here.create(judged())
    async with running(here.scheduler().run(), here.trainer().run()):
        study = await here.end_of(study_id)

    assert study.verdict is not None
    assert study.verdict.is_final
    assert study.detail == f"As planned, 20 trials ended. {study.verdict.headline}"
    # So that it need not be started when it is wanted.
    assert thinker.prepared > 0


async def test_a_thinker_that_fails_once_is_asked_again(here: SchedulerWorld) -> None:
    here.thinker = ClumsyThinker(failures=1)
    study_id = await here.create(judged())
    async with running(here.scheduler().run(), here.trainer().run()):
        study = await here.end_of(study_id, turning=0.05)

    assert study.verdict is not None
    assert study.verdict.is_final


async def test_a_thinker_that_always_fails_costs_the_verdict_and_not_the_study(
    here: SchedulerWorld,
) -> None:
    here.thinker = ClumsyThinker(failures=10**9)
    study_id = await here.create(judged())
    async with running(here.scheduler().run(), here.trainer().run()):
        study = await here.end_of(study_id, turning=0.05)

    assert study.state is StudyState.SUCCEEDED
    assert study.verdict is None
    assert "There is no verdict" in study.detail
    assert [each.score_test for each in await here.trials(study_id)].count(0.5) == 1


async def test_a_thinker_that_hangs_does_not_keep_a_study_beyond_its_time(
    here: SchedulerWorld,
) -> None:
    thinker = HangingThinker()
    here.thinker = thinker
    study_id = await here.create(judged(time_seconds=60))

    async def is_asked() -> bool:
        return bool(thinker.judged)

    async with running(here.scheduler().run(), here.trainer().run()):
        await until(is_asked)
        here.turn(60)
        here.turn(1.3)
        study = await here.end_of(study_id)

    assert study.state is StudyState.SUCCEEDED
    assert "There is no verdict" in study.detail


async def test_a_search_that_cannot_go_on_ends_with_what_it_has(here: SchedulerWorld) -> None:
    here.thinker = ClumsyThinker(failures=0)
    study_id = await here.create(replace(a_spec(max_trials=400), search=Search.TPE))
    async with running(here.scheduler().run(), here.trainer().run()):
        study = await here.end_of(study_id, turning=0.05)

    assert study.state is StudyState.SUCCEEDED
    assert study.detail.startswith("The search broke off after")


async def test_a_stopped_study_has_a_verdict_at_once(here: SchedulerWorld) -> None:
    study_id = await here.create(replace(judged(), budget=replace(judged().budget, max_trials=999)))

    async def has_some() -> bool:
        return sum(each.state.is_terminal for each in await here.trials(study_id)) >= 20

    async with running(here.scheduler().run(), here.trainer().run()):
        await until(has_some)
        await here.ledger.move_by_user(study_id, StudyVerb.STOP)
        study = await here.end_of(study_id)

    assert study.verdict is not None
    assert study.verdict.is_final
    registered = [
        each.data["purpose"]
        for each in await here.world.events(study_id)
        if each.type is EventType.COHORT_REGISTERED
    ]
    assert set(registered) == {Purpose.SEARCH, Purpose.TEST}
