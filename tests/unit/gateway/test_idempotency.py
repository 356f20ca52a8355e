"""One answer per key."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from layerlab.adapters.sqlite import open_sqlite
from layerlab.domain.problem import Conflict, InvalidInput
from services.gateway.idempotency import Answers


@pytest.fixture
async def answers(tmp_path: Path) -> AsyncIterator[Answers]:
    async with open_sqlite(tmp_path / "ledger.db") as store:
        yield Answers(store)


async def test_the_first_answer_is_the_one_that_is_given(answers: Answers) -> None:
    assert await answers.recall("key", "hash") is None
    await answers.remember("key", "hash", "first")
    await answers.remember("key", "hash", "second")
    assert await answers.recall("key", "hash") == "first"


async def test_a_key_is_for_one_request_only(answers: Answers) -> None:
    await answers.remember("key", "hash", "first")
    with pytest.raises(Conflict, match="idempotency_key_reused"):
        await answers.recall("key", "other hash")


async def test_repeats_wait_for_the_first_and_other_keys_do_not(answers: Answers) -> None:
    order: list[str] = []
    first_is_in, go_on = asyncio.Event(), asyncio.Event()

    async def first() -> None:
        async with answers.one_at_a_time("key"):
            first_is_in.set()
            await go_on.wait()
            order.append("first")

    async def repeat() -> None:
        async with answers.one_at_a_time("key"):
            order.append("repeat")

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(first())
        await first_is_in.wait()
        tasks.create_task(repeat())
        async with answers.one_at_a_time("another"):
            order.append("another")
        go_on.set()
    assert order == ["another", "first", "repeat"]


async def test_keys_that_nobody_uses_any_more_are_forgotten(answers: Answers) -> None:
    for number in range(100):
        async with answers.one_at_a_time(str(number)):
            pass
    gc.collect()
    assert len(answers._locks) == 0


@pytest.mark.parametrize("key", ["x" * 256, "ключ", "a\nb"])
async def test_a_key_is_short_plain_text(answers: Answers, key: str) -> None:
    with pytest.raises(InvalidInput, match="idempotency_key"):
        async with answers.one_at_a_time(key):
            pass
