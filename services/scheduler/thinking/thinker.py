"""What the scheduler can have thought out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from layerlab.domain.design import Design
from layerlab.domain.study import Study, Trial
from layerlab.domain.verdict import Verdict
from services.scheduler.search import Wish


class Thinker(Protocol):
    """Answers from its arguments alone: equal questions have equal answers, whoever asks.

    May be asked several things at once; it thinks about one after another.
    """

    def prepare(self) -> None:
        """Says that there will be questions soon; returns at once."""

    async def propose(self, study: Study, wish: Wish) -> list[Design]:
        """A design for each of the wish's numbers, in their order; none of them is one of its
        trials or pending designs. Fewer than numbers: the space has no more.

        :raises InvalidInput: when the space can't be searched this way.
        :raises Unavailable: `thinking_failed`; asking again may help.
        """

    async def judge(
        self, study: Study, trials: Sequence[Trial], is_final: bool, limits: Sequence[str]
    ) -> Verdict:
        """What `trials`, of every purpose, say about the study's designs.

        `limits`: what could not be looked at, and why, in sentences.

        :raises Unavailable: `thinking_failed`; asking again may help.
        """
