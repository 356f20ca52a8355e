"""What the scheduler can have thought out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from layerlab.domain.design import Design
from layerlab.domain.study import Study, Trial
from layerlab.domain.verdict import Verdict


class Thinker(Protocol):
    """Answers from its arguments alone: equal questions have equal answers, whoever asks.

    May be asked several things at once; it thinks about one after another.
    """

    async def propose(
        self, study: Study, numbers: Sequence[int], trials: Sequence[Trial]
    ) -> list[Design]:
        """A design for each of the trial `numbers`, learnt from `trials`, in their order; none of
        them is one of `trials` or of the study's own. Fewer than numbers: the space has no more.

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
