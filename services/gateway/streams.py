"""Async iterators that end when their reader does."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext
from typing import TypeVar

T = TypeVar("T")


def closing_stream(stream: AsyncIterator[T]) -> AbstractAsyncContextManager[AsyncIterator[T]]:
    """Ends a generator with its reader, rather than whenever its memory is collected."""
    return aclosing(stream) if isinstance(stream, AsyncGenerator) else nullcontext(stream)
