"""The scheduler from a study's start to its end, on the real ledger."""

from __future__ import annotations

import asyncio

import pytest

from layerlab.adapters.memory import MemoryJobQueue
from layerlab.domain.problem import Unavailable
from layerlab.domain.spec import Engine, Search
from layerlab.domain.study import CohortRef, Proposal, Purpose, Trial, TrialEnd
from layerlab.domain.trial import CohortState, FailureReason, StudyState, TrialState
from services.gateway.ledger import StudyVerb
from tests.integration.scheduler_world import (
    DurableQueue,
    SchedulerWorld,
    essence,
    running,
    success,
    until,
)
from tests.unit.scheduler.builders import a_spec, small_space


def failure(lane: Proposal) -> TrialEnd:
    return TrialEnd(
        lane.number, TrialState.FAILED, FailureReason.NAN_LOSS, detail="The loss is not a number."
    )


def winners(trials: list[Trial]) -> list[int]:
    return [trial.number for trial in trials if trial.score_test is not None]


async def test_a_study_goes_from_its_start_to_the_test_of_its_best(here: SchedulerWorld) -> None:
    study_id = await here.create(a_spec(max_trials=20))
    async with running(here.scheduler().run(), here.trainer().run()):
        study = await here.end_of(study_id)

    assert (study.state, study.detail) == (StudyState.SUCCEEDED, "As planned, 20 trials ended.")
    trials = await here.trials(study_id)
    assert [trial.number for trial in trials] == list(range(1, 21))
    best = (await here.ledger.get_study(study_id)).best
    assert best is not None
    assert winners(trials) == [best.number]
    assert len({trial.cohort_id for trial in trials}) == 3


@pytest.mark.parametrize("engine", Engine)
async def test_the_same_seed_gives_the_same_trials(here: SchedulerWorld, engine: Engine) -> None:
    first = await here.create(a_spec(max_trials=20, engine=engine))
    second = await here.create(a_spec(max_trials=20, engine=engine))
    other = await here.create(a_spec(max_trials=20, engine=engine, seed=8))
    async with running(here.scheduler().run(), here.trainer().run()):
        for study_id in (first, second, other):
            await here.end_of(study_id)

    trials = essence(await here.trials(first))
    assert trials == essence(await here.trials(second))
    assert trials != essence(await here.trials(other))


async def test_a_grid_is_searched_whole_and_no_further(here: SchedulerWorld) -> None:
    space = small_space(dropout=[0, 0.1, 0.2], activation=["relu", "tanh", "gelu"])
    study_id = await here.create(a_spec(None, 600, space, Search.GRID))
    async with running(here.scheduler().run(), here.trainer().run()):
        study = await here.end_of(study_id)

    assert study.detail == "Every design of the grid was tried, in 9 trials."
    assert len({trial.design for trial in await here.trials(study_id)}) == 9


async def test_a_study_created_while_the_scheduler_was_down_starts_when_it_is_back(
    here: SchedulerWorld,
) -> None:
    study_id = await here.create(a_spec(max_trials=8))
    async with running(here.trainer().run()):
        assert (await here.study(study_id)).state is StudyState.PENDING
        async with running(here.scheduler().run()):
            assert (await here.end_of(study_id)).state is StudyState.SUCCEEDED


async def test_several_studies_take_turns(here: SchedulerWorld) -> None:
    ids = [await here.create(a_spec(max_trials=200)) for _ in range(3)]
    trainer = here.trainer()
    async with running(here.scheduler().run()):
        for study_id in ids:
            await until(lambda study_id=study_id: waiting(here, study_id, 2))  # type: ignore[misc]  # The default binds the loop's value.
        async with running(trainer.run()):
            for study_id in ids:
                await here.end_of(study_id)

    # Two cohorts of each study wait: the first six claims are two of each.
    assert sorted(each.split("-")[0] for each in trainer.claimed[:6]) == sorted(ids * 2)


async def waiting(here: SchedulerWorld, study_id: str, cohorts: int) -> bool:
    trials = await here.trials(study_id)
    queued = {trial.cohort_id for trial in trials if trial.state is TrialState.QUEUED}
    return len(queued) == cohorts


async def test_a_study_of_failures_fails_with_their_reason(here: SchedulerWorld) -> None:
    study_id = await here.create(a_spec(max_trials=12))
    async with running(here.scheduler().run(), here.trainer(failure).run()):
        study = await here.end_of(study_id)

    assert study.state is StudyState.FAILED
    assert study.detail == (
        "None of 12 trials succeeded: 12 × NAN_LOSS. The first said: The loss is not a number."
    )


async def test_two_schedulers_propose_and_publish_nothing_twice(here: SchedulerWorld) -> None:
    study_id = await here.create(a_spec(max_trials=100))
    queue = here.queue = CountingQueue()
    async with running(here.scheduler().run(), here.scheduler().run(), here.trainer().run()):
        study = await here.end_of(study_id)
    cohorts = {trial.cohort_id for trial in await here.trials(study_id)} | {f"{study_id}-test"}
    assert set(queue.taken) == cohorts
    # What is there when they come is published by both; hardly anything after that.
    assert len(queue.taken) <= len(cohorts) + 3
    alone = await here.create(a_spec(max_trials=100))
    async with running(here.scheduler().run(), here.trainer().run()):
        await here.end_of(alone)

    assert study.state is StudyState.SUCCEEDED
    assert essence(await here.trials(study_id)) == essence(await here.trials(alone))
    assert len(winners(await here.trials(study_id))) == 1


class CountingQueue(MemoryJobQueue):
    """Remembers the id of every cohort that was put."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[str] = []

    async def put(self, cohort: CohortRef) -> None:
        self.taken.append(cohort.cohort_id)
        await super().put(cohort)


async def test_a_suspended_study_starts_no_trial_until_it_is_resumed(
    here: SchedulerWorld,
) -> None:
    study_id = await here.create(a_spec(max_trials=100))
    async with running(here.scheduler().run()):
        await until(lambda: waiting(here, study_id, 2))
        await here.ledger.move_by_user(study_id, StudyVerb.SUSPEND)
        async with running(here.trainer().run()):
            # The messages of the two that wait find no taker, and are not sent again meanwhile.
            await until(lambda: all_are(here, study_id, TrialState.PENDING))
            here.turn(10)
            assert len(await here.trials(study_id)) == 16
            await here.ledger.move_by_user(study_id, StudyVerb.RESUME)
            assert (await here.end_of(study_id, turning=0.05)).state is StudyState.SUCCEEDED
    assert len(await here.trials(study_id)) == 100


async def all_are(here: SchedulerWorld, study_id: str, state: TrialState) -> bool:
    return set(await here.states(study_id)) == {state}


async def test_a_stopped_study_lets_what_runs_end_and_cancels_what_waits(
    here: SchedulerWorld,
) -> None:
    study_id = await here.create(a_spec(max_trials=1000))
    gate = asyncio.Event()
    trainer = here.trainer(gate=gate)
    async with running(here.scheduler().run(), trainer.run()):
        await until(lambda: is_running(here, study_id))
        await here.ledger.move_by_user(study_id, StudyVerb.STOP)
        gate.set()
        study = await here.end_of(study_id)

    assert trainer.claimed == [f"{study_id}-c0001", f"{study_id}-test"]
    assert study.state is StudyState.SUCCEEDED
    assert study.detail == "Stopped by its user after 8 trials."
    trials = await here.trials(study_id)
    best = (await here.ledger.get_study(study_id)).best
    assert best is not None
    assert winners(trials) == [best.number]
    assert [trial.state for trial in trials[8:]] == [TrialState.CANCELLED] * (len(trials) - 8)


async def at_least(here: SchedulerWorld, study_id: str, trials: int) -> bool:
    return sum(state.is_terminal for state in await here.states(study_id)) >= trials


async def test_a_study_stopped_before_anything_has_succeeded_is_cancelled(
    here: SchedulerWorld,
) -> None:
    study_id = await here.create(a_spec(max_trials=100))
    async with running(here.scheduler().run()):
        await until(lambda: waiting(here, study_id, 2))
        await here.ledger.move_by_user(study_id, StudyVerb.STOP)
        assert (await here.end_of(study_id)).state is StudyState.CANCELLED
    assert set(await here.states(study_id)) == {TrialState.CANCELLED}


async def test_a_cancelled_study_is_left_alone(here: SchedulerWorld) -> None:
    study_id = await here.create(a_spec(max_trials=100))
    other = await here.create(a_spec(max_trials=8))
    async with running(here.scheduler().run()):
        await until(lambda: waiting(here, study_id, 2))
        await here.ledger.move_by_user(study_id, StudyVerb.CANCEL)
        async with running(here.trainer().run()):
            assert (await here.end_of(other)).state is StudyState.SUCCEEDED
    assert (await here.study(study_id)).state is StudyState.CANCELLED
    assert len(await here.trials(study_id)) == 16


async def test_a_time_budget_ends_a_study_whose_trainers_hang(here: SchedulerWorld) -> None:
    study_id = await here.create(a_spec(max_trials=None, time_seconds=60))
    async with running(here.scheduler().run(), here.trainer(end=None).run()):
        await until(lambda: is_running(here, study_id))
        here.turn(60)
        assert not (await here.study(study_id)).state.is_terminal
        here.turn(1.2)
        study = await here.end_of(study_id)

    assert study.state is StudyState.FAILED
    # Whether the scheduler has heard of the claim by then is chance.
    assert "before any trial had succeeded" in study.detail


async def is_running(here: SchedulerWorld, study_id: str) -> bool:
    return TrialState.RUNNING in await here.states(study_id)


async def test_a_time_budget_ends_a_study_that_would_go_on(here: SchedulerWorld) -> None:
    study_id = await here.create(a_spec(max_trials=None, time_seconds=60))
    async with running(here.scheduler().run(), here.trainer().run()):
        await until(lambda: at_least(here, study_id, 50))
        here.turn(59.8)
        study = await here.end_of(study_id)

    assert study.state is StudyState.SUCCEEDED
    assert study.detail.startswith("The time budget of 60 s was used up after")
    assert len(winners(await here.trials(study_id))) == 1


async def test_a_time_budget_goes_on_while_a_study_is_suspended(here: SchedulerWorld) -> None:
    study_id = await here.create(a_spec(max_trials=None, time_seconds=60))
    async with running(here.scheduler().run()):
        await until(lambda: waiting(here, study_id, 2))
        await here.ledger.move_by_user(study_id, StudyVerb.SUSPEND)
        here.turn(61.3)
        study = await here.end_of(study_id)

    assert study.state is StudyState.FAILED
    assert "no trainer had taken one" in study.detail


class HangingQueue(DurableQueue):
    """A broker that neither takes nor refuses."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    async def put(self, cohort: CohortRef) -> None:
        self.asked += 1
        await asyncio.Event().wait()


async def test_a_broker_that_hangs_does_not_keep_a_study_beyond_its_time(
    here: SchedulerWorld,
) -> None:
    here.queue = HangingQueue()
    study_id = await here.create(a_spec(max_trials=None, time_seconds=60))
    async with running(here.scheduler().run()):
        await until(lambda: asked(here.queue))
        here.turn(59.7)
        await asyncio.sleep(0)
        here.turn(1.5)
        assert (await here.end_of(study_id)).state is StudyState.FAILED


async def asked(queue: object) -> bool:
    return isinstance(queue, HangingQueue) and queue.asked > 0


class MoodyQueue(DurableQueue):
    """A broker that is away every other time."""

    def __init__(self) -> None:
        super().__init__()
        self._calls = 0

    async def put(self, cohort: CohortRef) -> None:
        self._calls += 1
        if self._calls % 2:
            raise Unavailable("broker_away", "The broker is away.")
        await super().put(cohort)


async def test_a_broker_that_is_away_is_tried_again(here: SchedulerWorld) -> None:
    here.queue = MoodyQueue()
    study_id = await here.create(a_spec(max_trials=20))
    async with running(here.scheduler().run(), here.trainer().run()):
        study = await here.end_of(study_id, turning=0.05)
    assert study.state is StudyState.SUCCEEDED


async def test_a_cohort_whose_worker_was_lost_is_published_again(here: SchedulerWorld) -> None:
    study_id = await here.create(a_spec(max_trials=8))
    async with running(here.scheduler().run()):
        lost = here.trainer(end=None)
        async with running(lost.run()):
            await until(lambda: is_running(here, study_id))
        # The memory queue gives a killed handler's message back; a lost machine's is gone.
        assert (await here.queue.depth()).ready == 1
        here.queue._ready.get_nowait()
        # Reclaiming waits for the lease; the reconciler looks every two seconds.
        for _ in range(10):
            here.turn(2)
        async with running(here.trainer(incarnation="i2").run()):
            study = await here.end_of(study_id)

    assert study.state is StudyState.SUCCEEDED
    assert {trial.attempt for trial in await here.trials(study_id)} == {2}


async def test_what_a_queue_has_forgotten_is_published_again_at_the_start(
    here: SchedulerWorld,
) -> None:
    study_id = await here.create(a_spec(max_trials=16))
    async with running(here.scheduler().run()):
        await until(lambda: waiting(here, study_id, 2))
    here.queue = type(here.queue)()
    async with running(here.scheduler().run(), here.trainer().run()):
        assert (await here.end_of(study_id)).state is StudyState.SUCCEEDED


async def test_what_a_queue_remembers_is_not_published_again(here: SchedulerWorld) -> None:
    here.queue = DurableQueue()
    study_id = await here.create(a_spec(max_trials=16))
    for _ in range(3):
        async with running(here.scheduler().run()):
            await until(lambda: waiting(here, study_id, 2))
    assert (await here.queue.depth()).ready == 2


async def test_a_finalist_is_tested_once(here: SchedulerWorld) -> None:
    """A message too many is answered by the claim."""
    study_id = await here.create(a_spec(max_trials=8))
    trainer = here.trainer()
    async with running(here.scheduler().run(), trainer.run()):
        await here.end_of(study_id)
        for _ in range(3):
            await here.queue.put(CohortRef(study_id, f"{study_id}-test"))
        await until(lambda: is_drained(here))

    assert trainer.claimed == [f"{study_id}-c0001", f"{study_id}-test"]
    test = await here.ledger.register_cohort(
        CohortRef(study_id, f"{study_id}-test"), Purpose.TEST, finalists=[1]
    )
    assert test.cohort.state is CohortState.ENDED


async def is_drained(here: SchedulerWorld) -> bool:
    depth = await here.queue.depth()
    return depth.ready == depth.unacknowledged == 0


async def test_an_unusable_study_fails_and_the_others_go_on(here: SchedulerWorld) -> None:
    huge = small_space(hidden={"layers": {"low": 16, "high": 16}, "width": [1, 2, 3, 4]})
    bad = await here.create(a_spec(max_trials=8, space=huge, search=Search.GRID))
    good = await here.create(a_spec(max_trials=8))
    async with running(here.scheduler().run(), here.trainer(success).run()):
        assert (await here.end_of(bad)).state is StudyState.FAILED
        assert (await here.end_of(good)).state is StudyState.SUCCEEDED
