"""The order in which an epoch visits the training rows: one definition for every engine.

It is a function of the trial's seed, the epoch and the number of rows, any part of which can be
had without the rest: the native kernels (native/src/order.h) compute the same batch by batch, so
that no lane keeps an order, however long.

Tables of more than CHUNK_ROWS rows are visited in chunks, made of 64 blocks of consecutive rows
drawn from the whole table. All lanes of all trials visit the same chunks in the same order, each
with an order of its own within them; so what they read at a time fits in memory when the table does
not.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

BLOCK_ROWS: Final = 4096
CHUNK_ROWS: Final = 64 * BLOCK_ROWS

_ROUNDS: Final = 6
_MASK: Final = 2**64 - 1
_NO_CHUNK: Final = _MASK


def epoch_order(seed: int, epoch: int, rows: int) -> NDArray[np.int32]:
    """The order [rows] in which an epoch (from 1) visits the training rows."""
    order = np.empty(rows, np.int32)
    blocks = _blocks(epoch, rows // BLOCK_ROWS)
    for chunk, start in enumerate(range(0, rows, CHUNK_ROWS)):
        size = min(CHUNK_ROWS, rows - start)
        places = _permutation(seed, epoch, chunk, size)
        if rows > CHUNK_ROWS:
            drawn = blocks[start // BLOCK_ROWS + places // BLOCK_ROWS]
            places = drawn * BLOCK_ROWS + places % BLOCK_ROWS
        order[start : start + size] = places
    return order


def _blocks(epoch: int, full: int) -> NDArray[np.int64]:
    """The order of the blocks; one that is not full comes last."""
    shuffled = _permutation(0, epoch, _NO_CHUNK, full) if full else np.empty(0, np.int64)
    return np.append(shuffled, full)


def _permutation(seed: int, epoch: int, chunk: int, count: int) -> NDArray[np.int64]:
    """0 to count - 1 by a Feistel network over the next power of two, walked until the value
    lies in the range. Source: Black and Rogaway 2002, "Ciphers with arbitrary finite domains".
    """
    keys = _keys(seed, epoch, chunk)
    bits = max(2, (count - 1).bit_length())
    values = _permute_once(np.arange(count, dtype=np.uint32), keys, bits)
    while (outside := values >= count).any():
        values[outside] = _permute_once(values[outside], keys, bits)
    return values.astype(np.int64)


def _permute_once(values: NDArray[np.uint32], keys: list[int], bits: int) -> NDArray[np.uint32]:
    low_bits = np.uint32(bits - bits // 2)
    low_mask, high_mask = np.uint32((1 << int(low_bits)) - 1), np.uint32((1 << bits // 2) - 1)
    high, low = values >> low_bits, values & low_mask
    for even, odd in zip(keys[::2], keys[1::2], strict=True):
        high ^= _scramble(low, even) & high_mask
        low ^= _scramble(high, odd) & low_mask
    return high << low_bits | low


def _scramble(values: NDArray[np.uint32], key: int) -> NDArray[np.uint32]:
    """MurmurHash3's finalizer."""
    mixed = (values ^ np.uint32(key)) * np.uint32(0x85EBCA6B)
    mixed = (mixed ^ (mixed >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return mixed ^ (mixed >> np.uint32(16))


def _keys(seed: int, epoch: int, chunk: int) -> list[int]:
    state = _splitmix(_splitmix(_splitmix(seed) ^ epoch) ^ chunk)
    keys = []
    for _ in range(_ROUNDS):
        state = _splitmix(state)
        keys.append(state & 0xFFFFFFFF)
    return keys


def _splitmix(state: int) -> int:
    """SplitMix64's output for a state. Source: Steele, Lea and Flood 2014."""
    mixed = (state + 0x9E3779B97F4A7C15) & _MASK
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9 & _MASK
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB & _MASK
    return mixed ^ (mixed >> 31)
