"""What the broker can do to us. Each test names its row of the failure table."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing, suppress
from typing import Any, Final

import pytest
from structlog.testing import capture_logs

from layerlab.adapters.rabbitmq import open_rabbitmq
from layerlab.adapters.rabbitmq_connection import Patience
from layerlab.domain.problem import Unavailable
from layerlab.lifecycle import background
from layerlab.v1.job_pb2 import CohortMessage
from layerlab.v1.study_pb2 import Study
from tests.e2e.proxy import CuttingProxy
from tests.faults.broker_world import (
    BrokerWorld,
    Notes,
    a_cohort,
    put_at_last,
    put_until_refused,
)
from tests.servers import RabbitMQ, free_port, why_no_rabbitmq
from tests.waiting import until

_KILLS: Final = 5
_TRAINERS: Final = 3
_MEMORY_SECONDS: Final = 3.0


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQ]:
    """Not started yet."""
    if missing := why_no_rabbitmq():
        pytest.skip(missing)
    # How often the broker looks for consumers that have held a message for too long.
    tick = "[{rabbit, [{channel_tick_interval, 500}]}]."
    node = RabbitMQ(tmp_path_factory.mktemp("rabbitmq"), advanced=tick)
    yield node
    node.kill()


@pytest.fixture
def world(node: RabbitMQ) -> BrokerWorld:
    node.start()
    return BrokerWorld.on(node)


@pytest.fixture(autouse=True)
async def nothing_fails_unseen() -> AsyncIterator[None]:
    """Errors that nobody waits for, as of a task of aio-pika's that has lost its connection."""
    unseen: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: unseen.append(context))
    yield
    gc.collect()  # Only what is collected is found not to have been seen.
    await asyncio.sleep(0)
    assert unseen == []


@asynccontextmanager
async def controlled(
    node: RabbitMQ, before: Sequence[str], after: Sequence[str]
) -> AsyncIterator[None]:
    """What `rabbitmqctl` is told before, and after."""
    await asyncio.to_thread(node.control, *before)
    try:
        yield
    finally:
        await asyncio.to_thread(node.control, *after)


def short_of_memory(node: RabbitMQ) -> AbstractAsyncContextManager[None]:
    mark = "set_vm_memory_high_watermark"
    return controlled(node, (mark, "0"), (mark, "0.4"))


def consumer_timeout(node: RabbitMQ, seconds: int) -> AbstractAsyncContextManager[None]:
    """For channels that are opened meanwhile."""
    setting = "application:set_env(rabbit, consumer_timeout, {})."
    usual = "1800000"
    return controlled(
        node, ("eval", setting.format(seconds * 1000)), ("eval", setting.format(usual))
    )


async def test_services_start_before_the_broker_and_wait_for_it(node: RabbitMQ) -> None:
    node.kill()
    world = BrokerWorld.on(node)
    trainer = Notes()
    async with world.trainers(trainer) as queue:
        with pytest.raises(Unavailable):
            await queue.ping()
        await asyncio.to_thread(node.start)
        await put_at_last(queue, a_cohort())
        await until(lambda: trainer.handled == ["c1"])


@pytest.mark.timeout(600)
async def test_rabbitmq_killed_again_and_again_loses_nothing_and_all_consumers_come_back(
    world: BrokerWorld,
) -> None:
    trainers = [Notes(seconds=0.02) for _ in range(_TRAINERS)]
    confirmed: list[str] = []

    def handled() -> set[str]:
        return {name for trainer in trainers for name in trainer.handled}

    async def publish() -> None:
        while True:
            name = f"c{len(confirmed)}"
            await put_at_last(queue, a_cohort(name))
            confirmed.append(name)
            await asyncio.sleep(0.01)

    async with world.trainers(*trainers) as queue:
        async with background(publish()):
            # RabbitMQ 3.10 forgets a queue that is younger than this when its node is killed.
            await asyncio.sleep(_MEMORY_SECONDS)
            for _ in range(_KILLS):
                enough = len(confirmed) + 20
                await until(lambda enough=enough: len(confirmed) >= enough)  # type: ignore[misc]
                await asyncio.to_thread(world.node.kill)
                await asyncio.to_thread(world.node.start)
        await until(lambda: handled() >= set(confirmed))
        await world.until_consumers(_TRAINERS)
    assert all(trainer.most_at_once == 1 for trainer in trainers)


async def test_a_deleted_queue_is_made_anew_and_its_consumers_recover(world: BrokerWorld) -> None:
    trainers = [Notes() for _ in range(_TRAINERS)]
    async with world.trainers(*trainers) as queue:
        await world.until_consumers(_TRAINERS)
        await world.delete_queue()
        await world.until_consumers(_TRAINERS)
        await queue.put(a_cohort())
        await until(lambda: [name for each in trainers for name in each.handled] == ["c1"])


async def test_a_publish_to_a_deleted_queue_makes_it_anew(world: BrokerWorld) -> None:
    async with world.queue() as queue:
        await queue.put(a_cohort("gone with its queue"))
        await world.delete_queue()
        # The same cohort twice at once, as scheduler and reconciler may have it.
        await asyncio.gather(queue.put(a_cohort()), queue.put(a_cohort()))
        assert (await queue.depth()).ready == 2


async def test_a_broker_short_of_memory_takes_nothing_and_says_so_in_time(
    world: BrokerWorld,
) -> None:
    async with world.queue() as queue:
        await queue.put(a_cohort("before"))
        async with short_of_memory(world.node):
            assert "short of memory" in str(await put_until_refused(queue, "during"))
            with pytest.raises(Unavailable, match="short of memory"):
                await queue.ping()
        await put_at_last(queue, a_cohort("after"))
        trainer = Notes()
        async with background(queue.consume(trainer.handle)):
            await until(lambda: {"before", "after"} <= set(trainer.handled))


async def test_work_in_hand_is_completed_while_the_broker_takes_nothing_new(
    world: BrokerWorld,
) -> None:
    trainer = Notes(go_on=asyncio.Event())
    async with world.trainers(trainer) as queue:
        await queue.put(a_cohort("one"))
        await queue.put(a_cohort("two"))
        await until(lambda: trainer.started == ["one"])
        async with short_of_memory(world.node):
            await put_until_refused(queue, "more")
            assert trainer.go_on is not None
            trainer.go_on.set()
            await until(lambda: trainer.handled[:2] == ["one", "two"])


async def test_a_full_queue_refuses_instead_of_dropping_what_it_holds(world: BrokerWorld) -> None:
    async with world.queue() as queue:
        await queue.put(a_cohort("first"))
        limit = ("set_policy", "full", world.topology.queue, '{"max-length": 1}')
        async with controlled(world.node, limit, ("clear_policy", "full")):
            assert "full" in str(await put_until_refused(queue, "more"))
            assert b"first" in (await world.take()).body


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(os.urandom(512), id="random bytes"),
        pytest.param(Study(study_id="s1").SerializeToString(), id="wrong"),
        pytest.param(b"", id="empty"),
        pytest.param(bytes(17 * 2**20), id="17 MiB"),
    ],
)
async def test_a_poison_message_is_a_dead_letter_and_the_consumer_lives(
    world: BrokerWorld, body: bytes
) -> None:
    trainer = Notes()
    async with world.trainers(trainer) as queue:
        await world.until_consumers(1)
        await world.publish(body)
        await queue.put(a_cohort())
        await until(lambda: trainer.handled == ["c1"])
        await world.until_dead(queue, 1)
    assert trainer.started == ["c1"]


async def test_a_message_of_a_newer_scheduler_waits_for_a_newer_trainer(
    world: BrokerWorld,
) -> None:
    newer = CohortMessage(schema_version=99, study_id="s1", cohort_id="newer").SerializeToString()
    trainer = Notes()
    async with world.trainers(trainer) as queue:
        await world.until_consumers(1)
        await world.publish(newer)
        await world.until_consumers(0)  # The trainer has given it back, and stays away a while.
        message = await world.take()
        assert message.body == newer
        assert message.headers["x-delivery-count"] == 1
        await queue.put(a_cohort())
        await until(lambda: trainer.handled == ["c1"])
        assert (await queue.depth()).dead == 0


async def test_a_trial_longer_than_the_brokers_patience_is_not_trained_twice_at_once(
    world: BrokerWorld,
) -> None:
    async with consumer_timeout(world.node, seconds=2):
        trainer = Notes(seconds=6.0)
        async with world.trainers(trainer) as queue:
            await queue.put(a_cohort())
            await until(lambda: trainer.handled == ["c1"])
            # The broker gave its message up in between; here comes the redelivery.
            trainer.seconds = 0.0
            await until(lambda: trainer.handled == ["c1", "c1"])
            await queue.put(a_cohort("next"))
            await until(lambda: trainer.handled == ["c1", "c1", "next"])
    assert trainer.most_at_once == 1


async def test_trainer_and_broker_parted_while_training(world: BrokerWorld) -> None:
    trainer = Notes(go_on=asyncio.Event())
    with closing(CuttingProxy(world.node.port)) as proxy:
        async with world.trainers(trainer, port=proxy.port) as queue:
            await queue.put(a_cohort())
            await until(lambda: trainer.started == ["c1"])
            proxy.part()
            await asyncio.sleep(1.0)
            assert trainer.most_at_once == 1
            assert trainer.go_on is not None
            trainer.go_on.set()
            await until(lambda: trainer.handled == ["c1"])
            proxy.heal()
            # Its acknowledgement went nowhere, so it comes again; the claim would end it at once.
            await until(lambda: trainer.handled == ["c1", "c1"])
            await put_at_last(queue, a_cohort("next"))
            await until(lambda: trainer.handled == ["c1", "c1", "next"])
    assert trainer.most_at_once == 1


async def test_a_connection_that_swallows_everything_is_given_up_by_its_heartbeat(
    world: BrokerWorld,
) -> None:
    trainer = Notes()
    with closing(CuttingProxy(world.node.port)) as proxy:
        async with world.trainers(trainer, port=proxy.port, query="?heartbeat=1") as queue:
            await queue.put(a_cohort())
            await until(lambda: trainer.handled == ["c1"])
            connections = proxy.connections
            proxy.blackhole()
            await until(lambda: proxy.connections >= connections + 2)  # Commands, and work.
            proxy.heal()
            await put_at_last(queue, a_cohort("next"))
            await until(lambda: "next" in trainer.handled)


async def test_sigterm_ends_a_trainer_though_the_broker_hangs(world: BrokerWorld) -> None:
    trainer = Notes(go_on=asyncio.Event())
    async with world.queue() as queue:
        await queue.put(a_cohort())
        work = asyncio.create_task(queue.consume(trainer.handle))
        await until(lambda: trainer.started == ["c1"])
        world.node.pause()
        try:
            work.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.wait_for(work, 15)
        finally:
            world.node.go_on()
        await world.take()


async def test_users_of_few_rights_suffice(world: BrokerWorld) -> None:
    """Those that docs/operations.md names."""
    names = r"^layerlab\."
    await world.add_user("scheduler", names, rf"{names}|^amq\.default$", names)
    await world.add_user("trainer", names, names, names)
    trainer = Notes()
    async with world.queue(user="scheduler") as scheduling, world.queue(user="trainer") as training:
        async with background(training.consume(trainer.handle)):
            await put_at_last(scheduling, a_cohort())
            await until(lambda: trainer.handled == ["c1"])
        await scheduling.depth()
        with pytest.raises(Unavailable, match="ACCESS_REFUSED"):
            await training.put(a_cohort())


async def test_a_wrong_password_is_said_and_is_not_shown(world: BrokerWorld) -> None:
    url = world.node.url.replace("guest@", "top-secret@")
    with capture_logs() as logs:
        async with open_rabbitmq(url, "test", world.topology, Patience(answer=2.0)) as queue:
            with pytest.raises(Unavailable, match="refuses the user or the password") as refused:
                await queue.put(a_cohort())
    assert any("refuses the user or the password" in line["reason"] for line in logs)
    assert "top-secret" not in f"{logs}{refused.value}"


async def test_an_unknown_virtual_host_is_said(world: BrokerWorld) -> None:
    url = world.node.url + "nowhere"
    async with open_rabbitmq(url, "test", world.topology, Patience(answer=2.0)) as queue:
        with pytest.raises(Unavailable, match="virtual host '/nowhere'"):
            await queue.put(a_cohort())


async def test_a_broker_that_is_away_is_said_once_not_at_each_try(world: BrokerWorld) -> None:
    url = world.node.url_at(free_port())
    with capture_logs() as logs:
        async with open_rabbitmq(url, "test", world.topology, Patience(answer=4.0)) as queue:
            with pytest.raises(Unavailable, match="Connect call failed"):
                await queue.ping()
    assert len(logs) == 1
