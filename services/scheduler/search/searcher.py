"""What a search is to the scheduler."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from layerlab.domain.design import Design
from layerlab.domain.study import Trial


class KnownTrials:
    """The trials of a study, as far as the ledger has told them."""

    def __init__(self) -> None:
        self.trials: dict[int, Trial] = {}
        self._first_uses: dict[Design, int] = {}
        self._first_missing = 1

    def put(self, trial: Trial) -> None:
        self.trials[trial.number] = trial
        first = self._first_uses.get(trial.design, trial.number)
        self._first_uses[trial.design] = min(first, trial.number)
        while self._first_missing in self.trials:
            self._first_missing += 1

    def forget(self, numbers: Collection[int]) -> None:
        """Those trials were never registered."""
        kept = [trial for number, trial in self.trials.items() if number not in numbers]
        self.trials, self._first_uses, self._first_missing = {}, {}, 1
        for trial in kept:
            self.put(trial)

    @property
    def first_missing(self) -> int:
        """The lowest number without a trial."""
        return self._first_missing

    def is_used_before(self, design: Design, number: int) -> bool:
        """Whether a trial with a lower number has this design.

        Higher numbers don't count: they may be registered or not yet, and what is proposed for
        `number` must not depend on that.
        """
        return self._first_uses.get(design, number) < number

    def has(self, design: Design) -> bool:
        """Whether some trial has this design."""
        return design in self._first_uses


class Searcher(Protocol):
    """Chooses designs. It may remember what it has worked out, never what it was asked before:
    after a restart there is only the ledger.
    """

    def propose(
        self, numbers: Sequence[int], known: KnownTrials, taken: Collection[Design] = ()
    ) -> list[Design]:
        """A design for each of the ascending trial `numbers`, none of them `taken` or used before.

        Fewer than numbers: the space has no more. The same study and the same `known` trials
        give the same designs; a searcher that learns from results looks at those in `known`.

        :raises InvalidInput: when the space can't be searched this way.
        """
