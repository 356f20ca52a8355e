"""Connections to RabbitMQ that are made anew whenever they are lost."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, NoReturn, TypeAlias
from urllib.parse import parse_qs, urlsplit

import structlog
from aio_pika import Connection
from aio_pika.abc import AbstractConnection
from aio_pika.connection import make_url
from aio_pika.exceptions import CONNECTION_EXCEPTIONS, InvalidFrameError

from layerlab.adapters.rabbitmq_session import (
    Session,
    SessionLost,
    StepBack,
    is_cancelled,
    reason_of,
)
from layerlab.adapters.rabbitmq_topology import Topology

log = structlog.get_logger()

_HEARTBEAT_SECONDS: Final = 15
# A broker that accepts connections and says nothing is hung, or is starting.
_OPENING_SECONDS: Final = 10.0
_CLOSING_SECONDS: Final = 3.0
_FIRST_PAUSE_SECONDS: Final = 0.1
_LONGEST_PAUSE_SECONDS: Final = 1.5
# A session that lasted so long was a good one: the next try comes at once.
_GOOD_SESSION_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Patience:
    """In seconds. `answer`: for the broker, before a call raises `Unavailable`.

    `newer`: how long a consumer stays away after a message that is too new for it.
    """

    answer: float = 10.0
    newer: float = 30.0


PATIENCE: Final = Patience()


Use: TypeAlias = Callable[[Session], Awaitable[object]]


class Link:
    """Where the broker is, and how to get there again. `client` is shown to its operators.

    aio-pika's own robust connection is not used: it has no channels before it was connected once,
    waits the same time before each try, logs each of them, and restores its parts one by one.
    """

    def __init__(self, url: str, client: str, topology: Topology) -> None:
        """:raises ValueError: for a URL that can't be read."""
        self._url = make_url(url, heartbeat=_usual_heartbeat(url))
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


def _usual_heartbeat(url: str) -> int | None:
    """Seconds; None when the URL says it itself.

    :raises ValueError: for a URL that can't be read.
    """
    try:
        parts = urlsplit(url)
        if parts.hostname and parts.port != 0:
            return None if "heartbeat" in parse_qs(parts.query) else _HEARTBEAT_SECONDS
    except ValueError:
        pass  # Its words may hold a part of the password.
    raise ValueError(
        "LAYERLAB_BROKER__URL is not amqp://USER:PASSWORD@HOST:PORT/VHOST. Are all special "
        "characters in the password percent-encoded?"
    )


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


async def _close(connection: AbstractConnection) -> None:
    with suppress(Exception):
        async with asyncio.timeout(_CLOSING_SECONDS):
            await connection.close()
