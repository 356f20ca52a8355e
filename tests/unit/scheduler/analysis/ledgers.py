"""Trials of all purposes, as the ledger would tell them, with chosen scores."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from layerlab.domain.baseline import Baseline
from layerlab.domain.design import Design
from layerlab.domain.spec import Engine, StudySpec
from layerlab.domain.study import Purpose, Trial
from layerlab.domain.table_shape import TableShape
from layerlab.domain.trial import FailureReason, TrialState
from layerlab.domain.verdict import Verdict
from services.scheduler.analysis.verdict import reach_verdict
from tests.unit.scheduler.builders import a_spec

TABLE = TableShape(640, 160, 10, 3)
NO_DESIGN = Design(hidden=())


@dataclass
class Ledger:
    """`luck` of a repeat is the same for all that are trained in it."""

    spec: StudySpec = field(default_factory=a_spec)
    table: TableShape | None = TABLE
    trials: list[Trial] = field(default_factory=list)
    noise: float = 0.004
    _random: random.Random = field(default_factory=lambda: random.Random(5))

    def add(self, design: Design, score: float | None, purpose: Purpose, **more: Any) -> Trial:
        trial = Trial(
            number=len(self.trials) + 1,
            design=design,
            seed=1,
            engine=Engine.FUSED,
            cohort_id="s1-c0001",
            state=TrialState.FAILED if score is None else TrialState.SUCCEEDED,
            reason=FailureReason.NAN_LOSS if score is None else None,
            score_val=score,
            n_params=None if more.get("baseline") else design.n_params(10, 3),
            purpose=purpose,
        )
        self.trials.append(replace(trial, **more))
        return self.trials[-1]

    def search(self, scores: Mapping[Design, float]) -> None:
        for design, score in scores.items():
            self.add(design, score, Purpose.SEARCH)

    def repeat(self, scores: Mapping[Design, float], repeats: Iterable[int], **more: Any) -> None:
        """Around these means, at 1.0 at most where they are shares."""
        purpose = more.pop("purpose", Purpose.CONFIRM)
        for repeat in repeats:
            for design, mean in scores.items():
                score = mean + self._luck(repeat)
                self.add(design, score, purpose, repeat=repeat, **more)

    def baselines(self, scores: Mapping[Baseline, float], repeats: Iterable[int]) -> None:
        for repeat in repeats:
            for kind, mean in scores.items():
                score = mean + self._luck(repeat)
                self.add(NO_DESIGN, score, Purpose.BASELINE, repeat=repeat, baseline=kind)

    def verdict(self, is_final: bool = True) -> Verdict:
        return reach_verdict(self.spec, self.table, self.trials, is_final)

    def _luck(self, repeat: int) -> float:
        common = random.Random(repeat).gauss(0, 0.01)
        return common + self._random.gauss(0, self.noise)
