"""How often each value of a column occurs: of texts by hashing, of numbers by sorting.

The numbers of a large table hardly repeat. Then a hash table takes forty times as long as sorting
(measured with 3,000,000 numbers, most of them different), and more memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from layerlab.domain.dataset import TopValue
from services.ingest.cells import Floats, format_number

_TOP: Final = 10
_SHOWN_CHARACTERS: Final = 80
_PIECE: Final = 1 << 18


@dataclass(frozen=True, slots=True)
class Tally:
    """`total` values, of which `distinct` differ, and the most frequent ones.

    Of equally frequent ones those that come first in the file; none when nothing repeats.
    """

    total: int
    distinct: int
    top: tuple[TopValue, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """Distinct texts in the order of the file, and how often each occurs."""

    values: Any
    counts: Any

    @property
    def tally(self) -> Tally:
        counts = self.counts.to_numpy()
        best: npt.NDArray[np.int64] = np.empty(0, np.int64)
        if counts.size and not counts.max() == 1 < counts.size:
            # Stable: among equals the one that came first.
            best = np.argsort(-counts, kind="stable")[:_TOP]
        top = (TopValue(shown(self.values[int(i)].as_py()), int(counts[i])) for i in best)
        return Tally(int(counts.sum()), len(counts), tuple(top))


def count_texts(values: Any) -> Counts:
    counted = pc.value_counts(values)
    return Counts(counted.field("values"), counted.field("counts"))


def tally_numbers(numbers: Floats) -> Tally:
    """`numbers` without NaN; 0 and -0 are one."""
    if not numbers.size:
        return Tally(0, 0, ())
    ordered = np.sort(numbers)
    starts = np.append(0, np.flatnonzero(ordered[1:] != ordered[:-1]) + 1)
    counts = np.diff(starts, append=ordered.size)
    top = () if counts.max() == 1 < counts.size else _top(numbers, ordered[starts], counts)
    return Tally(int(numbers.size), int(counts.size), tuple(top))


def _top(numbers: Floats, values: Floats, counts: npt.NDArray[np.int64]) -> Iterator[TopValue]:
    """`values` are distinct and ascending, and occur `counts` times."""
    last = max(0, counts.size - _TOP)
    # The count of the last place; whoever has more is in, and the others draw for the rest.
    least = np.partition(counts, last)[last]
    sure, tied = values[counts > least], values[counts == least]
    frequent = _first_seen(numbers, sure, sure.size)
    frequent.sort(key=lambda value: -counts[np.searchsorted(values, value)])
    for value in frequent + _first_seen(numbers, tied, min(tied.size, _TOP - sure.size)):
        yield TopValue(shown(value), int(counts[np.searchsorted(values, value)]))


def _first_seen(numbers: Floats, wanted: Floats, count: int) -> list[float]:
    """The first `count` of the `wanted` (ascending), in the order of the file."""
    found: dict[float, None] = {}
    for start in range(0, numbers.size, _PIECE):
        if len(found) == count:
            break
        piece = numbers[start : start + _PIECE]
        places = np.minimum(np.searchsorted(wanted, piece), wanted.size - 1)
        hits = piece[wanted[places] == piece]
        for first in np.sort(np.unique(hits, return_index=True)[1])[:count]:
            if len(found) < count:
                found.setdefault(float(hits[first]))
    return list(found)


def shown(value: float | str) -> str:
    text = value if isinstance(value, str) else format_number(value)
    return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 1] + "…"
