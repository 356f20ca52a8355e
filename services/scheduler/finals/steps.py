"""What to do next about a study whose search is over: a pure function, like the planner's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from layerlab.domain.spec import StudyKind
from layerlab.domain.study import Cohort, Purpose
from layerlab.domain.trial import CohortState, StudyState, TrialState
from services.scheduler.actions import Action, Judge, RegisterCohort
from services.scheduler.endings import end_of
from services.scheduler.finals.baselines import (
    baseline_job,
    seconds_of_baselines,
    seconds_of_trees,
    trees_job,
)
from services.scheduler.finals.explain import explain_groups
from services.scheduler.finals.jobs import Group
from services.scheduler.finals.purse import Purse, open_purse
from services.scheduler.finals.rounds import (
    LEAST_REPEATS,
    MAX_ROUNDS,
    confirm_group,
    finalists,
    repeats_of,
    survivors,
    winner_of,
)
from services.scheduler.finals.searched import Searched
from services.scheduler.publishing import publish
from services.scheduler.record import JUDGING, StudyRecord
from services.scheduler.timing import Phase

_CONFIRM: Final = frozenset({Purpose.CONFIRM})
_EXPLAIN: Final = frozenset({Purpose.ABLATION, Purpose.ROWS})


@dataclass(frozen=True, slots=True)
class Moment:
    """When it is asked, and how many cohorts may wait for a trainer."""

    phase: Phase
    now: float
    max_waiting: int


class Wait:
    """For news; None, in its place, says that a step is done."""


WAIT: Final = Wait()
Step: TypeAlias = Action | Wait | None
_Step: TypeAlias = Callable[[StudyRecord, Searched, Moment], Step]


def next_of_finals(record: StudyRecord, at: Moment) -> Action | None:
    """None: wait for news."""
    study = record.study
    if _is_awaited(record, at):
        return None
    if study.state is StudyState.SUSPENDED and at.phase < Phase.OVER:
        return None
    verdict = study.verdict
    if record.best is None or (verdict is not None and verdict.is_final):
        return end_of(record, at.phase)
    if study.state is StudyState.RUNNING and at.phase < Phase.TEST:
        action = publish(record, record.book.finals.waiting.values(), at.now)
        if action is not None:
            return action
    searched = record.searched
    for step in _STEPS:
        found = step(record, searched, at)
        if found is not None:
            return None if isinstance(found, Wait) else found
    return end_of(record, at.phase)


def _is_awaited(record: StudyRecord, at: Moment) -> bool:
    """Whether the search may still bring something that is worth waiting for."""
    search = record.book.search
    if record.best is None and Phase.CLOSING <= at.phase < Phase.OVER:
        # Whoever takes it now may still bring a first result.
        return search.has_unfinished
    if record.in_finals:
        return False
    return bool(search.running) and (at.phase < Phase.CONFIRM or record.best is None)


def _confirm(record: StudyRecord, searched: Searched, at: Moment) -> Step:
    """The round that is under way, or the next one."""
    over = at.phase >= Phase.EXPLAIN or record.study.state is not StudyState.RUNNING
    # Which round is next, a verdict says.
    over |= JUDGING in record.under_way
    if over or record.is_unjudgeable or record.rounds_judged >= MAX_ROUNDS:
        return None
    number = record.rounds_judged + 1
    purse = open_purse(record, searched, _CONFIRM, at.now)
    survive = survivors(record.study.verdict)
    designs = finalists(record, searched, purse) if number == 1 else survive
    own = (baseline_job(record.study, 0),)
    if not designs:
        return _advance(record, at, [own], purse)
    repeats = repeats_of(number, record.study.spec.split.folds)
    groups = [confirm_group(record.study, searched, designs, each) for each in repeats]
    if number == 1:
        # While one trainer loads what fits baselines, others train.
        return _advance(record, at, [own, *groups, *_baselines(record, repeats, purse)], purse)
    begun = groups[0][0].cohort_id in record.cohorts
    # By work a round is trained whole, so that it is the same whoever trains it.
    if begun or purse.affords(groups[:LEAST_REPEATS] if purse.by_clock else groups):
        return _advance(record, at, groups, purse)
    return None


def _baselines(record: StudyRecord, repeats: range, purse: Purse) -> list[Group]:
    """On each resampling; trees, where they take long, as far as there is time."""
    study = record.study
    seconds = seconds_of_baselines(record) if purse.by_clock else 0.0
    found: list[Group] = [
        (replace(baseline_job(study, each), work=seconds * purse.pace),) for each in repeats
    ]
    if purse.by_clock:
        work = seconds_of_trees(record) * purse.pace
        found += [(replace(trees_job(study, each), work=work),) for each in repeats]
    return found


def _judge_rounds(record: StudyRecord, searched: Searched, at: Moment) -> Step:
    """Once after each round, as far as it came; and once if there was none. When the test is due,
    that goes before."""
    if record.is_unjudgeable or at.phase >= Phase.OVER:
        return None
    if JUDGING in record.under_way:
        return WAIT
    number = record.rounds_judged + 1
    folds = record.study.spec.split.folds
    is_new = any(
        trial.purpose is Purpose.CONFIRM
        and trial.repeat in repeats_of(number, folds)
        and trial.state is TrialState.SUCCEEDED
        for trial in record.finals.values()
    )
    if is_new or record.study.verdict is None:
        return Judge(number, is_final=False)
    return None


def _explain(record: StudyRecord, searched: Searched, at: Moment) -> Step:
    over = at.phase >= Phase.TEST or record.study.state is not StudyState.RUNNING
    winner = winner_of(record.study.verdict, searched.ranked)
    if over or record.study.verdict is None or winner is None:
        return None
    purse = open_purse(record, searched, _EXPLAIN, at.now)
    return _advance(record, at, explain_groups(record, searched, winner, purse), purse)


def _fit_baselines(record: StudyRecord, searched: Searched, at: Moment) -> Step:
    """What the first round hasn't come to, and until all have ended: the last verdict compares with
    them."""
    if at.phase >= Phase.TEST or record.study.state is not StudyState.RUNNING:
        return None
    confirmed = any(each.purpose is Purpose.CONFIRM for each in record.finals.values())
    if confirmed and at.phase < Phase.EXPLAIN and _has_room(record, at):
        purse = open_purse(record, searched, _CONFIRM, at.now)
        repeats = repeats_of(1, record.study.spec.split.folds)
        begun = _next_job(record, _baselines(record, repeats, purse), purse)
        if begun is not None:
            return begun
    fitted = (each for each in record.cohorts.values() if each.purpose is Purpose.BASELINE)
    return WAIT if any(_is_under_way(each) for each in fitted) else None


def _test(record: StudyRecord, searched: Searched, at: Moment) -> Step:
    """The one touch of the test rows, by the winner and the smallest good design. What repeats a
    trial has none: that trial may be no finalist."""
    is_replay = record.study.spec.kind is StudyKind.REPLAY
    if at.phase >= Phase.LATE or record.untestable or is_replay:
        return None
    test = record.test_cohort
    if test is not None:
        if test.state is CohortState.ENDED:
            return None
        return publish(record, [test], at.now) or WAIT
    numbers = tuple(sorted({each for each in _to_be_tested(record) if each is not None}))
    kept = tuple(each for each in numbers if record.known.trials[each].has_model)
    if not kept:
        return None
    return RegisterCohort(record.test_cohort_id, Purpose.TEST, finalists=kept)


def _to_be_tested(record: StudyRecord) -> list[int | None]:
    verdict, best = record.study.verdict, record.best
    if verdict is None or verdict.contender(verdict.winner) is None:
        return [best.number if best else None]
    found = (verdict.contender(name) for name in (verdict.winner, verdict.smallest))
    return [each.trial for each in found if each and not each.baseline]


def _judge_all(record: StudyRecord, searched: Searched, at: Moment) -> Step:
    if record.is_unjudgeable:
        return None
    if JUDGING in record.under_way:
        return WAIT
    return Judge(record.rounds_judged, is_final=True)


_STEPS: Final[tuple[_Step, ...]] = (
    _confirm,
    _judge_rounds,
    _explain,
    _fit_baselines,
    _test,
    _judge_all,
)


def _advance(record: StudyRecord, at: Moment, groups: Sequence[Group], purse: Purse) -> Step:
    """Registers more of them while there is demand and it can be afforded; of a group that is begun
    everything. Baselines aren't waited for: what follows doesn't depend on them. None: all others
    have ended, or nothing more can begin.
    """
    if _has_room(record, at):
        begun = _next_job(record, groups, purse)
        if begun is not None:
            return begun
    known = (record.cohorts.get(job.cohort_id) for group in groups for job in group)
    awaited = [each for each in known if each and each.purpose is not Purpose.BASELINE]
    return WAIT if any(_is_under_way(each) for each in awaited) else None


def _next_job(record: StudyRecord, groups: Sequence[Group], purse: Purse) -> RegisterCohort | None:
    for place, group in enumerate(groups):
        missing = [job for job in group if job.cohort_id not in record.cohorts]
        if not missing:
            continue
        begun = len(missing) < len(group)
        # By work there is no answer with less, and nothing may depend on when it is asked.
        least = place <= LEAST_REPEATS or group[0].purpose is Purpose.BASELINE
        needed = least and not purse.by_clock
        if begun or needed or purse.affords([group]):
            return missing[0].registration(record.next_number)
        return None
    return None


def _has_room(record: StudyRecord, at: Moment) -> bool:
    return len(record.book.finals.waiting) < max(at.max_waiting, record.book.demand(at.now))


def _is_under_way(cohort: Cohort) -> bool:
    return cohort.state is not CohortState.ENDED
