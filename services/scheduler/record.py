"""What the scheduler knows of a study: what the ledger has said, and what it has done since."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from layerlab.domain.exchange import StudyDelta
from layerlab.domain.study import (
    Cohort,
    CohortRef,
    Proposal,
    Purpose,
    Standing,
    Study,
    Trial,
    standing,
)
from layerlab.domain.trial import CohortState, StudyState, TrialState
from layerlab.domain.verdict import Verdict
from services.scheduler.actions import RegisterCohort
from services.scheduler.book import CohortBook, search_id
from services.scheduler.cohorts import CohortPlan
from services.scheduler.finals.searched import Searched, look_back
from services.scheduler.news import has_come_back, is_later
from services.scheduler.search import KnownTrials
from services.scheduler.sizing import CohortLimits

# Within it, whoever has registered a cohort has published and marked it, or is in trouble.
_OTHERS_SECONDS: Final = 2.0
# Within it, the ledger's word on what was marked is here.
_MARKED_SECONDS: Final = 5.0
# So often the same may fail in the thinking process before the study does without.
_MAX_FAILURES: Final = 2

# What is under way while designs are being chosen, and while a verdict is being reached.
ASKING: Final = "designs"
JUDGING: Final = "verdict"


class StudyRecord:
    """Rebuilt from the ledger's first deltas; nothing in here is worth saving.

    `known` are the trials of the search, `finals` all others, by their numbers.
    `deadline` is when the time budget ends, by the scheduler's own clock; None without one.
    `registering` has the cohorts that the ledger has not confirmed yet: what is planned next
    takes them for granted. `published` and `marked` are ids of cohorts that the queue has taken
    from this scheduler, and that the ledger has heard of; the ledger's own word on it comes with a
    later delta. Both are forgotten of a cohort whose message a trainer may have put off without a
    word, since it was PENDING still. `under_way` are keys of actions that something is being done
    about.
    `untestable`: the ledger has refused a test. `judged` counts the rounds after which this
    scheduler has had a verdict: one that brought nothing isn't counted by the verdict itself.
    `judge_failures` and `search_failures`: how often in a row the thinking process has failed.

    What another scheduler has registered is left to it for a while: both would publish it, and
    trainers would take each message for work.
    """

    def __init__(self, study: Study, limits: CohortLimits) -> None:
        self.study = study
        self.plan = CohortPlan(study.spec, limits, study.table)
        self.known = KnownTrials()
        self.finals: dict[int, Trial] = {}
        self.book = CohortBook()
        self.is_complete = False
        self.deadline: float | None = None
        self.registering: dict[str, RegisterCohort] = {}
        self.published: set[str] = set()
        self.marked: dict[str, float] = {}
        self.under_way: set[str] = set()
        self.untestable = False
        self.judged = 0
        self.judge_failures = 0
        self.search_failures = 0
        self._others: dict[str, float] = {}
        self._unfinished: set[int] = set()
        self._best: Standing | None = None
        self._searched: tuple[int, Searched] | None = None

    def merge(self, delta: StudyDelta, now: float) -> None:
        """Takes in what is new; merging the same delta again changes nothing."""
        self._put_study(delta.study)
        for cohort in delta.cohorts:
            self.end_registration(cohort)
        for trial in delta.trials:
            self._put_trial(trial)
        for cohort in delta.cohorts:
            before = self.cohorts.get(cohort.cohort_id)
            ended = cohort.state is CohortState.ENDED
            # What had ended before this scheduler came says nothing about the pace.
            if self.is_complete and ended and not (before and before.state is CohortState.ENDED):
                self.book.note_end(now)
            # What was there before this scheduler came may be nobody's any more.
            if self.is_complete and before is None:
                self.leave_to_others(cohort.cohort_id, now)
            self._put_cohort(cohort)
        self.is_complete = self.is_complete or delta.complete
        if delta.seconds_left is not None:
            deadline = now + delta.seconds_left
            # The way here takes time, which only ever makes the deadline look later than it is.
            self.deadline = deadline if self.deadline is None else min(self.deadline, deadline)

    def begin_registration(self, action: RegisterCohort) -> None:
        """Takes it for done, so that the next cohort can be planned meanwhile."""
        if action.cohort_id not in self.registering:
            self.registering[action.cohort_id] = action
            numbers = tuple(each.number for each in action.proposals) or action.finalists
            cohort = Cohort(
                action.cohort_id,
                self.study.study_id,
                action.purpose,
                numbers,
                rungs=action.rungs,
            )
            self.add_cohort(cohort, action.proposals)

    def end_registration(self, cohort: Cohort) -> None:
        """The ledger's word, which may be of other lanes: another scheduler was faster."""
        action = self.registering.get(cohort.cohort_id)
        if action is None:
            return
        numbers = tuple(each.number for each in action.proposals) or action.finalists
        if numbers != cohort.numbers:
            self.give_up_registration(cohort.cohort_id)
            self.add_cohort(cohort, action.proposals)
        else:
            del self.registering[cohort.cohort_id]
            self._put_cohort(cohort)

    def give_up_registration(self, cohort_id: str) -> None:
        """The ledger has refused it: its lanes are free again."""
        action = self.registering.pop(cohort_id, None)
        if action is None:
            return
        self.book.remove(cohort_id)
        trials = (self._trials_of(action.purpose).get(each.number) for each in action.proposals)
        numbers = {each.number for each in trials if each and each.cohort_id == cohort_id}
        if action.purpose is Purpose.SEARCH:
            self._unfinished -= numbers
            self.known.forget(numbers)
        else:
            for number in numbers:
                del self.finals[number]

    def add_cohort(self, cohort: Cohort, proposals: Sequence[Proposal]) -> None:
        """Takes in a registration before the ledger's delta about it arrives."""
        self._put_cohort(cohort)
        for proposal in proposals:
            # Another scheduler may have registered other lanes under this id.
            if proposal.number in cohort.numbers and not self.is_taken(proposal.number):
                self._put_trial(self._new_trial(cohort, proposal))

    def leave_to_others(self, cohort_id: str, now: float) -> None:
        """Another scheduler has registered the cohort: it publishes it, if it lives."""
        self._others[cohort_id] = now

    def is_left_to_others(self, cohort_id: str, now: float) -> bool:
        return now < self._others.get(cohort_id, -_OTHERS_SECONDS) + _OTHERS_SECONDS

    def note_published(self, cohort_id: str) -> None:
        """The queue has taken its message."""
        self.published.add(cohort_id)
        self.marked.pop(cohort_id, None)

    def note_marked(self, cohort_id: str, now: float) -> None:
        """The ledger has heard that it is on the queue."""
        self.marked[cohort_id] = now

    def awaits_word(self, cohort_id: str, now: float) -> bool:
        """Whether it was marked so lately that the ledger's word on it may still come.

        None comes of what was marked while the study was suspended. Its message may be gone, which
        a scheduler that missed the suspension only knows by waiting.
        """
        return now < self.marked.get(cohort_id, -_MARKED_SECONDS) + _MARKED_SECONDS

    def ref(self, cohort_id: str) -> CohortRef:
        return CohortRef(self.study.study_id, cohort_id, self.study.traceparent)

    @property
    def cohorts(self) -> dict[str, Cohort]:
        return self.book.cohorts

    @property
    def next_cohort(self) -> int:
        """Which search cohort is to be registered next, counting from 1."""
        return self.book.first_free(self.study.study_id)

    def cohort_id(self, number: int) -> str:
        """Of a cohort of the search."""
        return search_id(self.study.study_id, number)

    @property
    def test_cohort_id(self) -> str:
        return f"{self.study.study_id}-test"

    @property
    def test_cohort(self) -> Cohort | None:
        return self.cohorts.get(self.test_cohort_id)

    @property
    def waiting(self) -> list[Cohort]:
        """Search cohorts that no trainer has, in the order of registration."""
        return list(self.book.search.waiting.values())

    @property
    def running(self) -> list[Cohort]:
        """Search cohorts that a trainer has."""
        return list(self.book.search.running.values())

    @property
    def in_finals(self) -> bool:
        """Whether something after the search is registered: the search takes no trials then."""
        return bool(self.finals) or self.test_cohort is not None

    @property
    def has_unfinished(self) -> bool:
        """Whether a trial of the search has not ended."""
        return bool(self._unfinished)

    @property
    def n_ended(self) -> int:
        """Trials of the search."""
        return len(self.known.trials) - len(self._unfinished)

    @property
    def best(self) -> Trial | None:
        return None if self._best is None else self.known.trials[self._best.number]

    @property
    def trials(self) -> Iterator[Trial]:
        """Of every purpose."""
        yield from self.known.trials.values()
        yield from self.finals.values()

    @property
    def next_number(self) -> int:
        """Above that of every trial."""
        return max((*self.known.trials, *self.finals), default=0) + 1

    def is_taken(self, number: int) -> bool:
        return number in self.known.trials or number in self.finals

    def take_verdict(self, verdict: Verdict, round_number: int) -> None:
        """The ledger has it."""
        self.judged, self.judge_failures = round_number, 0
        self.study = replace(self.study, verdict=verdict)

    @property
    def searched(self) -> Searched:
        """What there is of the search by now; in the finals, what there was when they began."""
        known = self._searched
        if known is None or (known[0] != self.n_ended and not self.in_finals):
            begun = min((t.created_at for t in self.finals.values() if t.created_at), default=None)
            found = look_back(self.study, self.known.trials.values(), begun)
            known = self._searched = self.n_ended, found
        return known[1]

    @property
    def rounds_judged(self) -> int:
        verdict = self.study.verdict
        return max(self.judged, verdict.round if verdict else 0)

    @property
    def is_unjudgeable(self) -> bool:
        return self.judge_failures >= _MAX_FAILURES

    @property
    def is_unsearchable(self) -> bool:
        return self.search_failures >= _MAX_FAILURES

    def _trials_of(self, purpose: Purpose) -> dict[int, Trial]:
        return self.known.trials if purpose is Purpose.SEARCH else self.finals

    def _put_study(self, study: Study) -> None:
        if study.spec.designs != self.study.spec.designs:
            self.plan.add_designs(study.spec.designs)
        known = self.study.verdict
        # What was on its way may be from before this scheduler recorded a verdict.
        if known is not None and is_later(known, study.verdict):
            study = replace(study, verdict=known)
        if self.study.state is StudyState.SUSPENDED and study.state is not StudyState.SUSPENDED:
            self._forget_messages()
        self.study = study

    def _forget_messages(self) -> None:
        """While a study is suspended, trainers take its messages and put the cohorts off."""
        for cohort in self.cohorts.values():
            if cohort.state is CohortState.PENDING:
                self._forget_message(cohort.cohort_id)

    def _forget_message(self, cohort_id: str) -> None:
        self.published.discard(cohort_id)
        self.marked.pop(cohort_id, None)

    def _new_trial(self, cohort: Cohort, proposal: Proposal) -> Trial:
        return Trial(
            number=proposal.number,
            design=proposal.design,
            seed=proposal.seed,
            engine=self.study.spec.engine,
            cohort_id=cohort.cohort_id,
            state=TrialState.PENDING,
            purpose=cohort.purpose,
            repeat=proposal.repeat,
            share=proposal.share,
            baseline=proposal.baseline,
        )

    def _put_trial(self, trial: Trial) -> None:
        if trial.purpose is not Purpose.SEARCH:
            self.finals[trial.number] = trial
            return
        self.known.put(trial)
        if trial.state.is_terminal:
            self._unfinished.discard(trial.number)
        else:
            self._unfinished.add(trial.number)
        place = standing(trial, self.study.spec.metric)
        if place is not None and place.beats(self._best):
            self._best = place

    def _put_cohort(self, cohort: Cohort) -> None:
        cohort_id, before = cohort.cohort_id, self.cohorts.get(cohort.cohort_id)
        if cohort.state is CohortState.ENDED or (before and has_come_back(before, cohort)):
            self._forget_message(cohort_id)
            self._others.pop(cohort_id, None)
        self.book.put(cohort)
