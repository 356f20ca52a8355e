"""One answer per Idempotency-Key, however often a client asks."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from weakref import WeakValueDictionary

from layerlab.domain.problem import Conflict, InvalidInput
from layerlab.ports import RunStore

MAX_KEY: Final = 255


def hash_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Answers:
    """First answers by key, in the store: they outlive this process by a day."""

    def __init__(self, store: RunStore) -> None:
        self._store = store
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def one_at_a_time(self, key: str) -> AsyncIterator[None]:
        """Repeats of one key wait here for the first to be answered.

        :raises InvalidInput: `idempotency_key`, when it is too long or no plain text.
        """
        if len(key) > MAX_KEY or not (key.isascii() and key.isprintable()):
            raise InvalidInput(
                "idempotency_key",
                f"An Idempotency-Key has 1 to {MAX_KEY} printable ASCII characters.",
                field="Idempotency-Key",
            )
        # Whoever waits holds a reference; the last one to leave lets the lock go.
        lock = self._locks.setdefault(key, asyncio.Lock())
        async with lock:
            yield

    async def recall(self, key: str, request_hash: str) -> str | None:
        """The first answer to `key`, if there is one.

        :raises Conflict: `idempotency_key_reused`, when the first request was another one.
        """
        first = await self._store.recall_answer(key)
        if first is None:
            return None
        if first[0] != request_hash:
            raise Conflict(
                "idempotency_key_reused",
                "This Idempotency-Key was used for another request.",
                hint="Use a new key for a new request.",
                field="Idempotency-Key",
            )
        return first[1]

    async def remember(self, key: str, request_hash: str, answer: str) -> None:
        await self._store.remember_answer(key, request_hash, answer)
