"""What `layerlab doctor` looks at in a deployment: the parts that its settings name.

Each is tried as a service would use it, and written to where a service writes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Final, TypeAlias
from urllib.parse import urlsplit
from uuid import uuid4

import grpc

from layerlab.adapters.opening import (
    UnknownUrl,
    open_dataset_store,
    open_job_queue,
    open_run_store,
)
from layerlab.cli.check import Check
from layerlab.domain.problem import Problem, Unavailable
from layerlab.ports import JobQueue, RunStore
from layerlab.serving import check_serving, grpc_channel
from layerlab.settings import IngestAddress, ProcessSettings

_PATIENCE_SECONDS: Final = 20.0
_PAUSE_SECONDS: Final = 0.3
# Leases are measured by the store's clock alone, so this is for people who compare logs.
_CLOCK_SECONDS: Final = 2.0

Step: TypeAlias = Callable[["Settings"], Awaitable[list[Check]]]


class Settings(ProcessSettings):
    """What the services of this deployment are told."""

    ingest: IngestAddress | None = None

    @property
    def names_a_deployment(self) -> bool:
        """Whether anything is said that several processes would share."""
        shared = (self.broker.url != "memory:", self.store, self.datasets, self.ingest)
        return any(shared)


async def check_deployment(settings: Settings) -> list[Check]:
    """Never raises: what goes wrong is a result. No detail has a password in it."""
    steps: list[tuple[str, Step]] = [
        ("broker", _check_broker),
        ("store", _check_store),
        ("datasets", _check_datasets),
        ("ingest", _check_ingest),
    ]
    found = await asyncio.gather(*(_carefully(name, step, settings) for name, step in steps))
    return [check for checks in found for check in checks]


async def _carefully(name: str, step: Step, settings: Settings) -> list[Check]:
    hint = "See whether it runs, whether its setting is right, and its log."
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            return await step(settings)
    except ModuleNotFoundError as error:
        return [_unchecked(name, f"the package {error.name} is not installed here")]
    except UnknownUrl as error:
        return [Check(name, "fail", str(error), "Correct the setting.")]
    except Problem as problem:
        return [Check(name, "fail", problem.detail, hint)]
    except TimeoutError:
        return [Check(name, "fail", f"no answer within {_PATIENCE_SECONDS:.0f} s", hint)]
    except Exception as error:
        return [Check(name, "fail", f"{type(error).__name__}: {error}", hint)]


async def _check_broker(settings: Settings) -> list[Check]:
    url = settings.broker.url
    if url == "memory:":
        return [_unchecked("broker", "LAYERLAB_BROKER__URL is not set")]
    async with open_job_queue(url, "doctor") as queue:
        if (problem := await _until_reached(queue)) is not None:
            hint = "See whether it runs, and whether user and password in its URL are right."
            return [Check("broker", "fail", f"{_place(url)}: {problem.detail}", hint)]
        depth = await queue.depth()
    found = f"{depth.ready} messages wait, {depth.unacknowledged} are being handled"
    checks = [Check("broker", "ok", f"{_place(url)}: {found}")]
    if depth.dead:
        detail = f"{depth.dead} messages could not be handled"
        hint = "The trainers' logs say why; their trials have failed, and the messages can go."
        checks.append(Check("dead letters", "warn", detail, hint))
    return checks


async def _until_reached(queue: JobQueue) -> Unavailable | None:
    """None once the broker has answered; else what it is that lasts."""
    last = Unavailable("no_answer", "There is no answer.")
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS / 2):
            while True:
                try:
                    await queue.ping()
                except Unavailable as problem:
                    last = problem
                    await asyncio.sleep(_PAUSE_SECONDS)
                else:
                    return None
    except TimeoutError:
        return last


async def _check_store(settings: Settings) -> list[Check]:
    if settings.store is None or urlsplit(settings.store.url).scheme == "sqlite":
        return [_unchecked("store", "it is a file that only its gateway may open")]
    url = settings.store.url
    async with _mongo(url) as (store, members):
        if not members:
            hint = "Start mongod with --replSet, and call rs.initiate() once; one node is enough."
            return [Check("store", "fail", f"{_place(url)} is no replica set", hint)]
        asked = datetime.now(UTC)
        clock = clock_check("store's clock", await store.now(), asked, datetime.now(UTC))
        # Kept for a day, as every answer is; written as durably as an event.
        await store.remember_answer(f"doctor:{uuid4().hex}", "", "{}")
    nodes = "1 node" if members == 1 else f"{members} nodes"
    detail = f"{_place(url)}: a replica set of {nodes}, writable"
    return [Check("store", "ok", detail), clock]


@asynccontextmanager
async def _mongo(url: str) -> AsyncIterator[tuple[RunStore, int]]:
    """The store, and how many members its replica set has; 0: it is none."""
    # Only the gateway has motor.
    from layerlab.adapters.mongo_database import MongoDatabase

    database = MongoDatabase(url)
    try:
        hello = await database.hello()
    finally:
        await database.aclose()
    hosts = hello.get("hosts") if hello.get("setName") else None
    async with open_run_store(url) as store:
        yield store, len(hosts) if isinstance(hosts, list) else 0


async def _check_datasets(settings: Settings) -> list[Check]:
    if settings.datasets is None:
        return [_unchecked("datasets", "LAYERLAB_DATASETS__URL is not set")]
    url, name, body = settings.datasets.url, f"doctor/{uuid4().hex}", b"written by the doctor"
    store = open_dataset_store(url)
    await store.put_bytes(name, body)
    try:
        async with store.open(name) as path:
            read = await asyncio.to_thread(path.read_bytes)
    finally:
        await store.delete(name)
    if read != body:
        return [Check("datasets", "fail", f"{_place(url)} gave back something else")]
    return [Check("datasets", "ok", f"{_place(url)}: written, read and deleted")]


async def _check_ingest(settings: Settings) -> list[Check]:
    if settings.ingest is None:
        return [_unchecked("ingest", "LAYERLAB_INGEST__GRPC is not set")]
    address = settings.ingest.grpc
    async with grpc_channel(address) as channel:
        if (error := await _until_serving(channel)) is not None:
            hint = "See whether it runs; its /readyz names what it lacks."
            return [Check("ingest", "fail", f"{address}: {error}", hint)]
    return [Check("ingest", "ok", f"ready at {address}")]


async def _until_serving(channel: grpc.aio.Channel) -> ConnectionError | None:
    """None once it says that it serves; else what it is that lasts."""
    tries = round(_PATIENCE_SECONDS / 2 / _PAUSE_SECONDS)
    last: ConnectionError | None = None
    with suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE_SECONDS / 2):
            for _ in range(tries):
                try:
                    await check_serving(channel)
                except ConnectionError as error:
                    last = error
                    await asyncio.sleep(_PAUSE_SECONDS)
                else:
                    return None
    return last or ConnectionError("there is no answer")


def clock_check(name: str, there: datetime, asked: datetime, answered: datetime) -> Check:
    """Whether another machine's clock, read between two times of this one, goes as this one."""
    seconds = 0.0
    if there > answered:
        seconds = (there - answered).total_seconds()
    elif there < asked:
        seconds = (there - asked).total_seconds()
    if abs(seconds) <= _CLOCK_SECONDS:
        return Check(name, "ok", f"goes as this machine's, within {_CLOCK_SECONDS:g} s")
    hint = "Nothing breaks, but times in logs don't agree: let both follow NTP."
    return Check(name, "warn", f"{abs(seconds):.0f} s {'ahead' if seconds > 0 else 'behind'}", hint)


def _unchecked(name: str, reason: str) -> Check:
    return Check(name, "warn", f"not checked: {reason}")


def _place(url: str) -> str:
    """Without its user and password, and without its options, which may have some."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"
