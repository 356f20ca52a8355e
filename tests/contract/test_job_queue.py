"""The contract of JobQueue, on every adapter."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from layerlab.adapters.opening import open_job_queue
from layerlab.adapters.rabbitmq import open_rabbitmq
from layerlab.adapters.rabbitmq_topology import Topology
from layerlab.domain.study import CohortRef
from layerlab.intake import Demand, Intake
from layerlab.lifecycle import background
from layerlab.ports import Handler, JobQueue, QueueDepth, Requeue
from tests.servers import RabbitMQ


@asynccontextmanager
async def rabbitmq(node: RabbitMQ) -> AsyncIterator[JobQueue]:
    """A queue of its own, so that no test sees what another has left."""
    topology = Topology(queue=f"layerlab.{uuid.uuid4().hex}")
    async with open_rabbitmq(node.url, "test", topology) as queue:
        yield queue


@pytest.fixture(params=["memory", "rabbitmq"])
async def queue(request: pytest.FixtureRequest) -> AsyncIterator[JobQueue]:
    if request.param == "memory":
        opened = open_job_queue("memory:")
    else:
        opened = rabbitmq(request.getfixturevalue("rabbitmq"))
    async with opened as queue:
        yield queue


def a_cohort(name: str = "c1") -> CohortRef:
    return CohortRef("s1", name)


async def handled_by(
    queue: JobQueue, handle: Handler, until: asyncio.Event, intake: Intake | None = None
) -> None:
    async with background(queue.consume(handle, intake)):
        await asyncio.wait_for(until.wait(), 20)


async def collect(queue: JobQueue, many: int) -> list[CohortRef]:
    """The next `many` cohorts, each completed."""
    seen: list[CohortRef] = []
    enough = asyncio.Event()

    async def keep(cohort: CohortRef) -> None:
        seen.append(cohort)
        if len(seen) == many:
            enough.set()

    await handled_by(queue, keep, enough)
    return seen


async def depth_becomes(queue: JobQueue, depth: QueueDepth) -> None:
    """A broker counts a little later than it answers; who is in line for more is left out."""
    async with asyncio.timeout(20):
        while replace(await queue.depth(), consumers=0) != depth:  # noqa: ASYNC110  # A broker tells no change.
            await asyncio.sleep(0.05)


async def test_what_is_put_arrives_whole_and_in_order(queue: JobQueue) -> None:
    cohorts = [CohortRef("s1", f"c{n}", traceparent=f"00-{n}") for n in range(5)]
    for cohort in cohorts:
        await queue.put(cohort)
    assert await collect(queue, 5) == cohorts


async def test_a_cohort_put_while_a_consumer_waits_arrives(queue: JobQueue) -> None:
    async def put_later() -> None:
        await asyncio.sleep(0.05)
        await queue.put(a_cohort())

    async with background(put_later()):
        assert await collect(queue, 1) == [a_cohort()]


async def test_a_cohort_cancelled_half_way_comes_back(queue: JobQueue) -> None:
    started = asyncio.Event()

    async def hang(cohort: CohortRef) -> None:
        started.set()
        await asyncio.Event().wait()

    await queue.put(a_cohort())
    await handled_by(queue, hang, started)
    assert await collect(queue, 1) == [a_cohort()]


async def test_a_cohort_that_is_requeued_comes_back_and_others_get_their_turn(
    queue: JobQueue,
) -> None:
    seen: list[str] = []
    twice = asyncio.Event()

    async def refuse_once(cohort: CohortRef) -> None:
        seen.append(cohort.cohort_id)
        if seen.count("first") == 2 and "second" in seen:
            twice.set()
        if seen == ["first"]:
            raise Requeue

    await queue.put(a_cohort("first"))
    await queue.put(a_cohort("second"))
    await handled_by(queue, refuse_once, twice)
    assert sorted(seen) == ["first", "first", "second"]


async def test_a_cohort_whose_handler_fails_is_dead_and_the_consumer_lives(
    queue: JobQueue,
) -> None:
    seen: list[str] = []
    survived = asyncio.Event()

    async def fail_first(cohort: CohortRef) -> None:
        seen.append(cohort.cohort_id)
        if cohort.cohort_id == "poison":
            raise ZeroDivisionError
        survived.set()

    await queue.put(a_cohort("poison"))
    await queue.put(a_cohort("good"))
    await handled_by(queue, fail_first, survived)
    assert seen == ["poison", "good"]
    await depth_becomes(queue, QueueDepth(ready=0, unacknowledged=0, dead=1))


async def test_a_completed_cohort_is_not_delivered_again(queue: JobQueue) -> None:
    await queue.put(a_cohort("first"))
    await collect(queue, 1)
    await queue.put(a_cohort("second"))
    assert await collect(queue, 1) == [a_cohort("second")]


async def test_two_consumers_share_the_cohorts(queue: JobQueue) -> None:
    both_busy = asyncio.Event()
    busy: list[str] = []

    async def hold(cohort: CohortRef) -> None:
        busy.append(cohort.cohort_id)
        if len(busy) == 2:
            both_busy.set()
        await asyncio.Event().wait()

    await queue.put(a_cohort("one"))
    await queue.put(a_cohort("two"))
    async with background(queue.consume(hold)):
        await handled_by(queue, hold, both_busy)
    assert sorted(busy) == ["one", "two"]


async def test_a_consumer_handles_one_cohort_at_a_time(queue: JobQueue) -> None:
    under_way, most, done = 0, 0, asyncio.Event()

    async def handle(cohort: CohortRef) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.02)
        under_way -= 1
        if cohort.cohort_id == "last":
            done.set()

    for name in ("first", "second", "last"):
        await queue.put(a_cohort(name))
    await handled_by(queue, handle, done)
    assert most == 1


@pytest.mark.parametrize("demand", [Demand.NEXT, Demand.SPARE])
async def test_a_consumer_that_asks_for_it_is_given_one_more_cohort_and_no_third(
    queue: JobQueue, demand: Demand
) -> None:
    intake, seen = Intake(), list[str]()
    second, release, third = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def hold(cohort: CohortRef) -> None:
        seen.append(cohort.cohort_id)
        if len(seen) == 1:
            intake.ask(demand)
        elif len(seen) == 2:
            second.set()
            await release.wait()
            return
        else:
            third.set()
        await asyncio.Event().wait()

    for name in ("first", "second", "third"):
        await queue.put(a_cohort(name))
    async with background(queue.consume(hold, intake)):
        await asyncio.wait_for(second.wait(), 20)
        await depth_becomes(queue, QueueDepth(ready=1, unacknowledged=2, dead=0))
        # The end of the second asks for nothing: the first is still being handled.
        release.set()
        await depth_becomes(queue, QueueDepth(ready=1, unacknowledged=1, dead=0))
        intake.ask(demand)
        await asyncio.wait_for(third.wait(), 20)
    assert seen == ["first", "second", "third"]
    await depth_becomes(queue, QueueDepth(ready=2, unacknowledged=0, dead=0))
    given_back = {cohort.cohort_id for cohort in await collect(queue, 2)}
    assert given_back == {"first", "third"}


async def test_a_cohort_goes_to_who_is_in_line_rather_than_to_who_would_like_one_more(
    queue: JobQueue,
) -> None:
    intake, busy = Intake(), asyncio.Event()
    taken: list[str] = []

    async def want_more(cohort: CohortRef) -> None:
        taken.append(cohort.cohort_id)
        intake.ask(Demand.SPARE)
        busy.set()
        await asyncio.Event().wait()

    await queue.put(a_cohort("held"))
    async with background(queue.consume(want_more, intake)):
        await asyncio.wait_for(busy.wait(), 20)
        idle = asyncio.create_task(collect(queue, 5))
        # In line before there is anything to take.
        await asyncio.sleep(0.3)
        for number in range(5):
            await queue.put(a_cohort(f"c{number}"))
            await asyncio.sleep(0.1)
        assert await idle == [a_cohort(f"c{number}") for number in range(5)]
    assert taken == ["held"]


async def test_depth_counts_what_waits_and_what_is_handled(queue: JobQueue) -> None:
    started = asyncio.Event()

    async def hang(cohort: CohortRef) -> None:
        started.set()
        await asyncio.Event().wait()

    await queue.put(a_cohort("one"))
    await queue.put(a_cohort("two"))
    await depth_becomes(queue, QueueDepth(ready=2, unacknowledged=0, dead=0))
    async with background(queue.consume(hang)):
        await asyncio.wait_for(started.wait(), 20)
        await depth_becomes(queue, QueueDepth(ready=1, unacknowledged=1, dead=0))
    await depth_becomes(queue, QueueDepth(ready=2, unacknowledged=0, dead=0))


async def test_consumers_are_counted_while_they_are_in_line(queue: JobQueue) -> None:
    async def forget(cohort: CohortRef) -> None:
        pass

    async def in_line(many: int) -> None:
        async with asyncio.timeout(20):
            while (await queue.depth()).consumers != many:  # noqa: ASYNC110  # As above.
                await asyncio.sleep(0.05)

    async with background(queue.consume(forget)):
        async with background(queue.consume(forget)):
            await in_line(2)
        await in_line(1)
    await in_line(0)


async def test_a_queue_that_is_there_answers(queue: JobQueue) -> None:
    await queue.ping()


async def test_who_is_paused_ends_what_it_handles_and_leaves_the_rest_to_others(
    queue: JobQueue,
) -> None:
    intake, began, go_on = Intake(), asyncio.Event(), asyncio.Event()
    handled: list[CohortRef] = []

    async def handle(cohort: CohortRef) -> None:
        began.set()
        await go_on.wait()
        handled.append(cohort)

    async with background(queue.consume(handle, intake)):
        await queue.put(a_cohort("mine"))
        await asyncio.wait_for(began.wait(), 20)
        intake.pause()
        await queue.put(a_cohort("yours"))
        go_on.set()
        assert await collect(queue, 1) == [a_cohort("yours")]
        assert handled == [a_cohort("mine")]


async def test_who_is_paused_while_it_waits_steps_out_of_line_until_it_is_resumed(
    queue: JobQueue,
) -> None:
    intake, done = Intake(), asyncio.Event()

    async def handle(cohort: CohortRef) -> None:
        done.set()

    async with background(queue.consume(handle, intake)):
        # In line, for all that can be known: one cohort has been through.
        await queue.put(a_cohort("first"))
        await asyncio.wait_for(done.wait(), 20)
        done.clear()
        intake.pause()
        await queue.put(a_cohort("second"))
        assert await collect(queue, 1) == [a_cohort("second")]
        assert not done.is_set()
        await queue.put(a_cohort("third"))
        intake.resume()
        await asyncio.wait_for(done.wait(), 20)
