"""One connection to RabbitMQ, from its beginning to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NoReturn

from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import (
    ChannelInvalidStateError,
    DeliveryError,
    ProbableAuthenticationError,
    PublishError,
)


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

    def when_lost(self, notify: Callable[[], None]) -> None:
        self._lost.add_done_callback(lambda _: notify())

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
        case PublishError():
            return "its queue is missing"
        case DeliveryError():
            return "its queue is full, or not there yet"
        case asyncio.CancelledError() | ChannelInvalidStateError() | None:
            return "the connection was closed"
    return str(error) or type(error).__name__
