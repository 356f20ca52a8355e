"""Connections to RabbitMQ that are made anew whenever they are lost."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, NoReturn, TypeAlias
from urllib.parse import parse_qs, urlsplit

import structlog
from aio_pika import Connection
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.connection import make_url
from aio_pika.exceptions import (
    CONNECTION_EXCEPTIONS,
    ChannelInvalidStateError,
    InvalidFrameError,
    ProbableAuthenticationError,
)

from layerlab.adapters.rabbitmq_topology import Topology

log = structlog.get_logger()

HEARTBEAT_SECONDS: Final = 15
# A broker that accepts connections and says nothing is hung, or is starting.
_OPENING_SECONDS: Final = 10.0
_CLOSING_SECONDS: Final = 3.0
_FIRST_PAUSE_SECONDS: Final = 0.1
_LONGEST_PAUSE_SECONDS: Final = 1.5
# A session that lasted so long was a good one: the next try comes at once.
_GOOD_SESSION_SECONDS: Final = 5.0


class SessionLost(Exception):
    """The connection, one of its channels or a consumer on it is gone."""


class StepBack(Exception):
    """Raised while using a session to leave the broker alone for `seconds`."""

    def __init__(self, reason: str, seconds: float) -> None:
        super().__init__(reason)
        self.seconds = seconds


class Session:
    """One connection and its channels. Whatever of it breaks, all of it is given up.

    So there is one way to recover, from a restart as from a deleted queue: the next session.
    """

    def __init__(self, connection: AbstractConnection) -> None:
        self._connection = connection
        self._lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        # aio-pika itself refers to channels weakly.
        self._channels: list[AbstractChannel] = []
        connection.close_callbacks.add(self._on_close)

    @property
    def is_lost(self) -> bool:
        return self._lost.done()

    async def until_lost(self) -> NoReturn:
        """:raises SessionLost: when it is."""
        raise SessionLost(await asyncio.shield(self._lost))

    def give_up(self, reason: str) -> None:
        if not self._lost.done():
            self._lost.set_result(reason)

    async def open_channel(self) -> AbstractChannel:
        """A channel with confirms, on which an unroutable message is an error."""
        channel = self._connection.channel(publisher_confirms=True, on_return_raises=True)
        self._channels.append(channel)
        channel.close_callbacks.add(self._on_close)
        await channel.initialize()
        underlay = await channel.get_underlay_channel()
        underlay.on_consumer_cancel_callbacks.add(self._on_consumer_cancelled)
        return channel

    async def until_unblocked(self) -> None:
        """Returns at once unless the broker has said that it takes no messages for now."""
        transport = self._connection.transport
        if transport is not None:
            await transport.ready()

    async def is_blocked(self) -> bool:
        try:
            async with asyncio.timeout(0):
                await self.until_unblocked()
        except TimeoutError:
            return True
        return False

    def _on_close(self, sender: object, error: BaseException | None = None) -> None:
        self.give_up(reason_of(error))

    def _on_consumer_cancelled(self, frame: object) -> None:
        self.give_up("the broker has cancelled the consumer; is its queue deleted?")


Use: TypeAlias = Callable[[Session], Awaitable[object]]


class Link:
    """Where the broker is, and how to get there again. `client` is shown to its operators.

    aio-pika's own robust connection is not used: it can't start without the broker, waits for the
    same time before each try, logs each of them, and recovers parts of a connection separately.
    """

    def __init__(self, url: str, client: str, topology: Topology) -> None:
        heartbeat = None if "heartbeat" in parse_qs(urlsplit(url).query) else HEARTBEAT_SECONDS
        self._url = make_url(url, heartbeat=heartbeat)
        self._client = client
        self._topology = topology
        self.last_reason = "it has not answered yet"
        """Why the latest session has ended, or could not begin."""
        # What it logs at each try is said here once.
        logging.getLogger("aiormq").setLevel(logging.CRITICAL)

    async def keep(self, purpose: str, use: Use) -> NoReturn:
        """Gives `use` a session, and the next one when that is lost, until cancelled."""
        journal = _Journal(purpose)
        clock = asyncio.get_running_loop()
        pause = _FIRST_PAUSE_SECONDS
        while True:
            began = clock.time()
            error = await self._use_one(journal, use)
            self.last_reason = reason_of(error)
            journal.disconnected(error)
            if clock.time() - began > _GOOD_SESSION_SECONDS:
                pause = _FIRST_PAUSE_SECONDS
            if isinstance(error, StepBack):
                await asyncio.sleep(error.seconds)
            else:
                # Jitter: all services lose the broker at the same moment.
                await asyncio.sleep(pause * random.uniform(0.5, 1.0))
                pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    async def _use_one(self, journal: _Journal, use: Use) -> BaseException:
        connection = Connection(
            self._url, client_properties={"connection_name": f"{self._client} {journal.purpose}"}
        )
        try:
            async with asyncio.timeout(_OPENING_SECONDS):
                session = await self._open(connection)
            journal.connected()
            await use(session)
        except asyncio.CancelledError as error:
            if is_cancelled():
                raise
            return error
        except Exception as error:
            return error
        finally:
            await _close(connection)
        raise AssertionError("A session is used until it is lost.")

    async def _open(self, connection: Connection) -> Session:
        try:
            await connection.connect()
        except InvalidFrameError as error:
            # The broker's own words are lost: aiormq expects nothing but Connection.OpenOk here.
            raise SessionLost(
                f"the broker refuses the virtual host {self._url.path!r}: does it exist, and "
                "may this user enter it?"
            ) from error
        session = Session(connection)
        await self._topology.declare(await session.open_channel())
        return session


class _Journal:
    """Logs each change once, however often it is tried in between."""

    def __init__(self, purpose: str) -> None:
        self.purpose = purpose
        self._said = ""

    def connected(self) -> None:
        self._said = ""
        log.info("connected to the broker", purpose=self.purpose)

    def disconnected(self, error: BaseException) -> None:
        reason = reason_of(error)
        if reason == self._said:
            return
        self._said = reason
        is_known = isinstance(error, (SessionLost, StepBack, *CONNECTION_EXCEPTIONS))
        log.warning(
            "not connected to the broker",
            purpose=self.purpose,
            reason=reason,
            exc_info=None if is_known else error,
        )


def is_cancelled() -> bool:
    """Whether somebody has cancelled this task.

    When aiormq closes a silent connection it fails whoever waits for it with CancelledError too.
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def reason_of(error: BaseException | None) -> str:
    """For a log or a `detail`; a password is in none of these errors."""
    match error:
        case ProbableAuthenticationError():
            return f"the broker refuses the user or the password: {error}"
        case TimeoutError():
            return "the broker does not answer"
        case asyncio.CancelledError() | ChannelInvalidStateError() | None:
            return "the connection was closed"
    return str(error) or type(error).__name__


async def _close(connection: AbstractConnection) -> None:
    with suppress(Exception):
        async with asyncio.timeout(_CLOSING_SECONDS):
            await connection.close()
