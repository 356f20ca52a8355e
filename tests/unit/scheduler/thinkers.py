"""A thinker without a process of its own."""

from __future__ import annotations

from collections.abc import Sequence

from layerlab.domain.design import Design
from layerlab.domain.study import Study, Trial
from layerlab.domain.verdict import Verdict
from services.scheduler.analysis.verdict import reach_verdict
from services.scheduler.search import Wish


class PlainThinker:
    """Judges here and now, and counts how often it was asked."""

    def __init__(self) -> None:
        self.prepared = 0
        self.judged: list[bool] = []

    def prepare(self) -> None:
        self.prepared += 1

    async def propose(self, study: Study, wish: Wish) -> list[Design]:
        raise AssertionError("no search here learns")

    async def judge(
        self, study: Study, trials: Sequence[Trial], is_final: bool, limits: Sequence[str]
    ) -> Verdict:
        self.judged.append(is_final)
        return reach_verdict(study.spec, study.table, trials, is_final, limits)
