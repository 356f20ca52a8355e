"""Studies whose finals are played: designs with a known worth, and rows with some luck."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

from layerlab.domain.baseline import Baseline
from layerlab.domain.spec import StudySpec, VerdictMode
from layerlab.domain.study import Cohort, Purpose, Trial
from layerlab.domain.table_shape import TableShape
from layerlab.domain.trial import TrialState
from services.scheduler.actions import Action, EndStudy
from tests.unit.scheduler.builders import a_spec
from tests.unit.scheduler.play import Play

TABLE = TableShape(800, 200, 10, 3)
Pick = Callable[[Sequence[Cohort]], Cohort]


def judged(spec: StudySpec | None = None) -> StudySpec:
    return replace(spec or a_spec(max_trials=40), verdict=VerdictMode.AUTO)


class FinalsPlay(Play):
    """A study with a verdict: its trainers end what waits in the order that `pick` says."""

    def __init__(
        self,
        spec: StudySpec | None = None,
        seconds_left: float | None = None,
        pick: Pick | None = None,
        end: Callable[[Trial], Trial] | None = None,
    ) -> None:
        super().__init__(judged(spec), seconds_left=seconds_left)
        self.study = replace(self.study, table=TABLE)
        self.tell()
        self.pick: Pick = pick or (lambda waiting: waiting[0])
        self._end: Callable[[Trial], Trial] = end or luck
        self.actions: list[Action] = []

    def run(self, until: Callable[[], bool] | None = None) -> list[Action]:
        """Until the study ends, or until something is true; every action there was."""
        while not (until and until()):
            self.actions += self.go_on()
            if self.actions and isinstance(self.actions[-1], EndStudy):
                break
            waiting = self.under_way()
            assert waiting, "nothing is under way, and nothing is to be done"
            cohort = self.pick(waiting)
            if cohort.purpose is Purpose.TEST:
                self.test()
            else:
                self.end(cohort.cohort_id, self._end)
        return self.actions

    def under_way(self) -> list[Cohort]:
        book, test = self.record.book, self.record.test_cohort
        found = [*book.search.running.values()]
        # The ledger lets nobody begin what is left of the search.
        found += [] if self.record.in_finals else book.search.waiting.values()
        found += [*book.finals.waiting.values(), *book.finals.running.values()]
        return [*found, *([test] if test and test.state != "ENDED" else [])]

    def trained(self, purpose: Purpose) -> list[Trial]:
        return sorted(
            (each for each in self.record.finals.values() if each.purpose is purpose),
            key=lambda each: each.number,
        )


def luck(trial: Trial) -> Trial:
    """What a design is worth follows from it; luck from its seed, as in real training."""
    rng = random.Random(f"{trial.seed}/{trial.repeat}/{trial.baseline}")
    worth = 0.3 if trial.baseline is Baseline.CONSTANT else 0.6
    if trial.baseline is None:
        worth = 0.7 + random.Random(repr(trial.design)).uniform(0, 0.2)
    return replace(
        trial,
        state=TrialState.SUCCEEDED,
        score_val=worth * (0.5 + 0.5 * trial.share) + rng.gauss(0, 0.02),
        epochs=20,
        n_params=trial.design.n_params(TABLE.n_inputs, TABLE.n_outputs),
        fit_time_seconds=0.5,
        has_model=trial.purpose is Purpose.SEARCH,
        attempt=1,
    )
