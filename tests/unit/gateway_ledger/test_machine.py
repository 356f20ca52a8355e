"""Any order of commands, late, repeated, stale or at two gateways at once: the log stays right."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from layerlab.domain.event import Event, EventType
from layerlab.domain.exchange import ReportBatch
from layerlab.domain.problem import Problem
from layerlab.domain.study import (
    CohortRef,
    Purpose,
    TestScore,
)
from layerlab.domain.trial import (
    Actor,
    CohortState,
    FailureReason,
    StudyState,
    TrialState,
    check_cohort_move,
    check_study_move,
    check_trial_move,
)
from services.gateway.ledger import Ledger, StudyVerb
from services.gateway.ledger.decisions.command import look
from services.gateway.ledger.fold import Record, fold
from services.gateway.ledger.snapshot import restore_snapshot, take_snapshot
from tests.unit.gateway_ledger.world import (
    LEASE,
    Outage,
    World,
    a_spec,
    a_worker,
    an_end,
    an_epoch,
    open_world,
    proposals,
    report,
)

Act: TypeAlias = Callable[[Ledger], Awaitable[object]]

COHORTS = st.integers(1, 3)
ATTEMPTS = st.integers(0, 4)
WORKERS = st.tuples(st.sampled_from(["w1", "w2"]), st.sampled_from(["i1", "i2"]))
ENDS = st.sampled_from(
    [TrialState.SUCCEEDED, TrialState.SUCCEEDED, TrialState.FAILED, TrialState.CANCELLED]
)
REASONS = st.sampled_from([None, FailureReason.INTERNAL, FailureReason.WORKER_LOST])
OUTAGES = st.sampled_from([None, None, None, Outage.BEFORE, Outage.AFTER])


def numbers(cohort: int) -> tuple[int, int]:
    return 2 * cohort - 1, 2 * cohort


@dataclass(frozen=True, slots=True)
class Lane:
    """What a report says of one trial: epochs from `first` to `last`, and its end, if any."""

    number: int
    first: int
    last: int
    end: TrialState | None


def batches_of(lanes: list[Lane], scored: bool) -> ReportBatch:
    return ReportBatch(
        1,
        tuple(an_epoch(lane.number, n) for lane in lanes for n in range(lane.first, lane.last + 1)),
        tuple(
            an_end(lane.number, lane.number / 10, lane.end, lane.last)
            for lane in lanes
            if lane.end is not None
        ),
        tuple(TestScore(lane.number, 0.5) for lane in lanes) if scored else (),
    )


@st.composite
def acts(draw: st.DrawFn) -> Callable[[str], Act]:
    """Something that a user, the scheduler or a trainer might do at any moment, right or wrong."""
    cohort, attempt = draw(COHORTS), draw(ATTEMPTS)
    worker, run = draw(WORKERS)
    name = draw(st.sampled_from([f"c{cohort}"] * 4 + ["final"]))
    kind = draw(
        st.sampled_from(
            "register finalists mark claim claim report report report".split()
            + "release reclaim heartbeat verb move".split()
        )
    )
    reason, flag = draw(REASONS), draw(st.booleans())
    verb = draw(st.sampled_from([StudyVerb.SUSPEND, StudyVerb.RESUME, StudyVerb.RESUME]))
    to = draw(st.sampled_from([StudyState.RUNNING, StudyState.FAILED, StudyState.SUCCEEDED]))
    ending = draw(st.integers(0, 14)) == 0
    lanes = [
        Lane(number, draw(st.integers(1, 3)), draw(st.integers(1, 4)), draw(st.none() | ENDS))
        for number in numbers(cohort)
    ]

    def of(study_id: str) -> Act:
        ref = CohortRef(study_id, name)
        known: dict[str, Act] = {
            "register": lambda ledger: ledger.register_cohort(
                ref, Purpose.SEARCH, proposals(numbers(cohort))
            ),
            "finalists": lambda ledger: ledger.register_cohort(
                replace(ref, cohort_id="final"), Purpose.TEST, finalists=numbers(cohort)[:1]
            ),
            "mark": lambda ledger: ledger.mark_cohort_queued(ref),
            "claim": lambda ledger: ledger.claim_cohort(ref, worker, run),
            "report": lambda ledger: report(
                ledger, ref, attempt, batches_of(lanes, scored=name == "final" and flag)
            ),
            "release": lambda ledger: ledger.release_cohort(ref, attempt, reason),
            "reclaim": lambda ledger: ledger.reclaim_cohorts(flag),
            "heartbeat": lambda ledger: ledger.report_worker(a_worker(ref, attempt, worker, run)),
            "verb": lambda ledger: ledger.move_by_user(
                study_id, StudyVerb.CANCEL if ending else verb
            ),
            "move": lambda ledger: ledger.move_study(
                study_id, to if ending else StudyState.RUNNING
            ),
        }
        return known[kind]

    return of


class LedgerMachine(RuleBasedStateMachine):
    """Two gateways on one store; everything is checked against the log after every step."""

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()

    @initialize()
    def open(self) -> None:
        self._runner.run(self._open())

    async def _open(self) -> None:
        folder = self._stack.enter_context(tempfile.TemporaryDirectory())
        self._world: World = await self._stack.enter_async_context(open_world(Path(folder)))
        other = await self._stack.enter_async_context(self._world.another_ledger())
        self._ledgers = [self._world.ledger, other]
        self._study_id = await self._world.running_study(a_spec())
        for cohort in (1, 2):
            await self._world.queued_cohort(self._study_id, numbers(cohort), f"c{cohort}")
            await self._world.claimed(CohortRef(self._study_id, f"c{cohort}"))

    @rule(which=st.integers(0, 1), act=acts(), outage=OUTAGES)
    def one_acts(self, which: int, act: Callable[[str], Act], outage: Outage | None) -> None:
        self._runner.run(self._act([(which, act)], outage))

    @rule(deeds=st.lists(st.tuples(st.integers(0, 1), acts()), min_size=2, max_size=5))
    def several_act_at_once(self, deeds: list[tuple[int, Callable[[str], Act]]]) -> None:
        self._runner.run(self._act(deeds, None))

    async def _act(
        self, deeds: list[tuple[int, Callable[[str], Act]]], outage: Outage | None
    ) -> None:
        self._world.store.outage = outage
        results = await asyncio.gather(
            *(act(self._study_id)(self._ledgers[which]) for which, act in deeds),
            return_exceptions=True,
        )
        self._world.store.outage = None
        for each in results:
            # A refusal is an answer; anything else is a mistake.
            if isinstance(each, BaseException) and not isinstance(each, Problem):
                raise each

    @rule(cohort=COHORTS, lanes_end=ENDS, repeat=st.booleans())
    def the_current_attempt_reports(self, cohort: int, lanes_end: TrialState, repeat: bool) -> None:
        """So that trials do get on, which wild reports alone seldom achieve."""
        self._runner.run(self._report_on(f"c{cohort}", lanes_end, repeat))

    async def _report_on(self, cohort_id: str, end: TrialState, repeat: bool) -> None:
        record = fold(self._study_id, await self._world.events(self._study_id))
        entry = record.cohorts.get(cohort_id)
        if entry is None or entry.cohort.state is not CohortState.RUNNING:
            return
        first, _ = entry.cohort.numbers
        following = record.trials[first].epochs + 1
        batch = batches_of([Lane(first, following, following + 1, end)], scored=False)
        ref = CohortRef(self._study_id, cohort_id)
        for _ in range(2 if repeat else 1):
            acks = await report(self._ledgers[0], ref, entry.cohort.attempt, batch)
            assert [ack.acknowledged for ack in acks] == [1]
        # What was acknowledged is in the log.
        record = fold(self._study_id, await self._world.events(self._study_id))
        assert record.trials[first].state.is_terminal

    @rule(seconds=st.sampled_from([1.0, 3.0, LEASE + 1]))
    def time_passes(self, seconds: float) -> None:
        self._world.store.turn(seconds)

    @rule()
    def a_gateway_restarts(self) -> None:
        self._ledgers[1] = self._runner.run(
            self._stack.enter_async_context(self._world.another_ledger())
        )

    @invariant()
    def the_log_is_right(self) -> None:
        if hasattr(self, "_ledgers"):
            events = self._runner.run(self._world.events(self._study_id))
            check_log(self._study_id, events)

    @invariant()
    def every_gateway_has_what_the_log_says(self) -> None:
        if hasattr(self, "_ledgers"):
            self._runner.run(self._compare())

    async def _compare(self) -> None:
        record = fold(self._study_id, await self._world.events(self._study_id))
        assert restore_snapshot(take_snapshot(record)) == record
        for ledger in self._ledgers:
            # The record itself is nobody's business but its actor's, and this test's.
            actor = ledger._book.actor(self._study_id)
            live: Record = await actor.do(look(lambda live, now: live))
            assert live == record

    def teardown(self) -> None:
        with suppress(AttributeError):
            self._world.store.outage = None
        self._runner.run(self._stack.aclose())
        self._runner.close()


def check_log(study_id: str, events: list[Event]) -> None:
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    record = Record(study_id)
    ends = dict[int, int]()
    tests = dict[int, int]()
    curves = dict[tuple[int, int], list[int]]()
    for event in events:
        data: dict[str, Any] = dict(event.data)
        assert not (record.found and record.found.state.is_terminal), "an event after the end"
        match event.type:
            case EventType.TRIAL_STATE_CHANGED if data["from"] is not None:
                trial = record.trials[data["number"]]
                assert trial.state == data["from"]
                check_trial_move(trial.state, TrialState(data["to"]), Actor(data["actor"]))
                if TrialState(data["to"]).is_terminal:
                    ends[trial.number] = ends.get(trial.number, 0) + 1
            case EventType.COHORT_STATE_CHANGED:
                cohort = record.cohorts[data["cohort_id"]].cohort
                assert cohort.state == data["from"]
                assert data["attempt"] - cohort.attempt == (data["to"] == "RUNNING")
                assert any(
                    _is_legal(cohort.state, CohortState(data["to"]), actor) for actor in Actor
                )
            case EventType.STUDY_STATE_CHANGED:
                check_study_move(record.study.state, StudyState(data["to"]), Actor(data["actor"]))
            case EventType.EPOCHS_REPORTED:
                assert record.cohorts[data["cohort_id"]].cohort.attempt == data["attempt"]
                for each in data["reports"]:
                    curves.setdefault((each["number"], data["attempt"]), []).append(each["epoch"])
            case EventType.TRIAL_TESTED:
                tests[data["number"]] = tests.get(data["number"], 0) + 1
        record.apply(event)
    assert set(ends.values()) <= {1}
    assert set(tests.values()) <= {1}
    assert all(epochs == list(range(1, len(epochs) + 1)) for epochs in curves.values())
    for entry in record.cohorts.values():
        if entry.cohort.state is CohortState.ENDED:
            assert all(record.trials[n].state.is_terminal for n in entry.cohort.numbers)


def _is_legal(current: CohortState, to: CohortState, actor: Actor) -> bool:
    with suppress(Problem):
        check_cohort_move(current, to, actor)
        return True
    return False


def test_no_order_of_commands_breaks_the_log() -> None:
    run_state_machine_as_test(
        LedgerMachine,
        settings=settings(
            max_examples=40,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
