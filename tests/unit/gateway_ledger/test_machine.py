"""Any order of commands, late, repeated, stale or at two gateways at once: the log stays right."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
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
from layerlab.domain.exchange import ClaimOutcome, ReportBatch
from layerlab.domain.problem import Conflict, Problem
from layerlab.domain.study import Cohort, CohortRef, EpochReport, Purpose, TestScore, TrialEnd
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
from layerlab.domain.worker import Worker
from services.gateway.ledger import Ledger, StudyVerb, attendance
from services.gateway.ledger.decisions.command import look
from services.gateway.ledger.decisions.leases import ABSENCE_SECONDS
from services.gateway.ledger.fold import Record, fold
from services.gateway.ledger.snapshot import restore_snapshot, take_snapshot
from tests.unit.gateway_ledger.world import (
    LEASE,
    Attending,
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

COHORTS = st.integers(1, 4)
WORKERS = st.tuples(st.sampled_from(["w1", "w2"]), st.sampled_from(["i1", "i2"]))
ENDS = st.sampled_from(
    [TrialState.SUCCEEDED, TrialState.SUCCEEDED, TrialState.FAILED, TrialState.CANCELLED]
)
REASONS = st.sampled_from([None, FailureReason.INTERNAL, FailureReason.WORKER_LOST])
ENDINGS = (StudyVerb.CANCEL, StudyVerb.STOP, StudyState.SUCCEEDED, StudyState.FAILED)
OUTAGES = st.sampled_from([None, None, None, Outage.BEFORE, Outage.AFTER])


def numbers(cohort: int) -> tuple[int, int]:
    return 2 * cohort - 1, 2 * cohort


KINDS = (
    *("register", "finalists", "mark", "claim", "claim", "release", "reclaim", "heartbeat"),
    *("verb", "move", "report", "report", "report", "report", "score", "score"),
)


@dataclass(frozen=True, slots=True)
class Lane:
    """What is reported of a trial: epochs that begin `skip` after the next one, and an end."""

    skip: int
    count: int
    end: TrialState | None


SKIPS = st.sampled_from([*[0] * 8, -1, -1, -2, 1])
MAYBE_ENDS = st.one_of(*[st.none()] * 5, ENDS)
LANES = st.builds(Lane, SKIPS, st.integers(0, 3), MAYBE_ENDS)


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that a user, the scheduler or a trainer might do at any moment, right or wrong.

    What it is exactly depends on the log: `drift` is how far its attempt is from the current one.
    """

    kind: str
    cohort: int
    drift: int
    worker: tuple[str, str]
    lanes: tuple[Lane, Lane]
    reason: FailureReason | None
    verb: StudyVerb
    flag: bool

    async def do(self, ledger: Ledger, record: Record) -> None:
        name = "final" if self.kind == "score" else f"c{self.cohort}"
        ref = CohortRef(record.study_id, name)
        entry = record.cohorts.get(name)
        attempt = max(0, (entry.cohort.attempt if entry else 0) + self.drift)
        match self.kind:
            case "register":
                # The numbers of another cohort, as often as its own.
                work = proposals(numbers(self.cohort % 4 + self.flag))
                await ledger.register_cohort(ref, Purpose.SEARCH, work)
            case "finalists":
                await self._register_finalists(ledger, record)
            case "mark":
                await ledger.mark_cohort_queued(ref)
            case "claim":
                await ledger.claim_cohort(ref, *self.worker)
                await ledger.claim_cohort(replace(ref, cohort_id="final"), *self.worker)
            case "release":
                await ledger.release_cohort(ref, attempt, self.reason)
            case "reclaim":
                await ledger.reclaim_cohorts(self.flag)
            case "heartbeat":
                await self._attend(ledger, a_worker(ref, attempt, *self.worker))
            case "verb":
                await ledger.move_by_user(record.study_id, self.verb)
            case "move":
                await ledger.move_study(record.study_id, StudyState.RUNNING)
            case "report" | "score" if entry is not None:
                acks = await report(ledger, ref, attempt, *self._batches(record, entry.cohort))
                if self.drift < 0:
                    assert all(ack.stale or ack.cancelled for ack in acks)

    async def _attend(self, ledger: Ledger, worker: Worker) -> None:
        """Reports itself, and goes."""
        stream = Attending(ledger)
        await stream.report(worker)
        await stream.leave()
        if self.flag:
            # The gateway stops, so that nobody notices.
            await ledger._attendance.close()
        await asyncio.gather(*ledger._attendance._departures, return_exceptions=True)

    async def _register_finalists(self, ledger: Ledger, record: Record) -> None:
        succeeded = [n for n, t in record.trials.items() if t.state is TrialState.SUCCEEDED]
        ref = CohortRef(record.study_id, "final")
        await ledger.register_cohort(ref, Purpose.TEST, finalists=succeeded or [1])

    def _batches(self, record: Record, cohort: Cohort) -> list[ReportBatch]:
        if self.kind == "score":
            scores = tuple(TestScore(n, self.cohort / 4) for n in cohort.numbers[: self.cohort])
            return [ReportBatch(1, test_scores=scores)]
        epochs, ends = list[EpochReport](), list[TrialEnd]()
        for number, lane in zip(cohort.numbers, self.lanes, strict=False):
            first = max(1, record.trials[number].epochs + 1 + lane.skip)
            epochs += [an_epoch(number, first + step) for step in range(lane.count)]
            if lane.end is not None:
                ends.append(an_end(number, number / 10, lane.end, max(1, first + lane.count - 1)))
        if self.flag:
            return [ReportBatch(1, tuple(epochs), tuple(ends))]
        singles = [ReportBatch(index, (each,)) for index, each in enumerate(epochs, start=1)]
        return [*singles, ReportBatch(len(singles) + 1, ends=tuple(ends))]


DEEDS = st.builds(
    Deed,
    kind=st.sampled_from(KINDS),
    cohort=COHORTS,
    drift=st.sampled_from([0, 0, 0, 0, -1, 1]),
    worker=WORKERS,
    lanes=st.tuples(LANES, LANES),
    reason=REASONS,
    verb=st.sampled_from([StudyVerb.SUSPEND, *[StudyVerb.RESUME] * 3]),
    flag=st.booleans(),
)


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
        await self._world.succeeded(self._study_id, (9, 10))
        final = CohortRef(self._study_id, "final")
        await self._world.ledger.register_cohort(final, Purpose.TEST, finalists=(9, 10))
        await self._world.claimed(final)

    @rule(which=st.integers(0, 1), deed=DEEDS, outage=OUTAGES)
    def one_acts(self, which: int, deed: Deed, outage: Outage | None) -> None:
        self._runner.run(self._act([(which, deed)], outage))

    @rule(deeds=st.lists(st.tuples(st.integers(0, 1), DEEDS), min_size=2, max_size=5))
    def several_act_at_once(self, deeds: list[tuple[int, Deed]]) -> None:
        self._runner.run(self._act(deeds, None))

    async def _act(self, deeds: list[tuple[int, Deed]], outage: Outage | None) -> None:
        record = await self._record()
        self._world.store.outage = outage
        results = await asyncio.gather(
            *(deed.do(self._ledgers[which], record) for which, deed in deeds),
            return_exceptions=True,
        )
        self._world.store.outage = None
        for each in results:
            # A refusal is an answer; anything else is a mistake.
            if isinstance(each, BaseException) and not isinstance(each, Problem):
                raise each

    async def _record(self) -> Record:
        return fold(self._study_id, await self._world.events(self._study_id))

    @rule(cohort=COHORTS, lane=st.builds(Lane, st.integers(-2, 0), st.integers(1, 3), MAYBE_ENDS))
    def the_current_attempt_reports(self, cohort: int, lane: Lane) -> None:
        self._runner.run(self._report_on(f"c{cohort}", lane))

    async def _report_on(self, cohort_id: str, lane: Lane) -> None:
        record = await self._record()
        entry = record.cohorts.get(cohort_id)
        if entry is None or entry.cohort.state is not CohortState.RUNNING:
            return
        number, ref = entry.cohort.numbers[0], CohortRef(self._study_id, cohort_id)
        before = record.trials[number]
        first, last = max(1, before.epochs + 1 + lane.skip), before.epochs + lane.count
        epochs = tuple(an_epoch(number, n) for n in range(first, last + 1))
        ends = () if lane.end is None else (an_end(number, 0.5, lane.end, last),)
        batch, attempt = ReportBatch(7, epochs, ends), entry.cohort.attempt
        stale = await report(self._ledgers[0], ref, attempt - 1, batch)
        assert [(ack.acknowledged, ack.stale) for ack in stale] == [(7, True)]
        assert await self._record() == record
        acks = await report(self._ledgers[0], ref, attempt, batch)
        assert [(ack.acknowledged, ack.stale) for ack in acks] == [(7, False)]
        # What was acknowledged is in the log; the first end stays.
        after = (await self._record()).trials[number]
        if before.state.is_terminal:
            assert after == before
        else:
            assert (after.epochs, after.state) == (last, lane.end or TrialState.RUNNING)

    @rule(cohort=COHORTS)
    def who_is_there_is_left_alone_and_who_is_gone_is_replaced(self, cohort: int) -> None:
        self._runner.run(self._take_over(f"c{cohort}"))

    async def _take_over(self, cohort_id: str) -> None:
        before = await self._record()
        entry, ref = before.cohorts.get(cohort_id), CohortRef(self._study_id, cohort_id)
        if entry is None or entry.cohort.state is not CohortState.RUNNING:
            return
        held = entry.cohort
        rival = "w3" if held.worker_id != "w3" else "w4"
        stream = Attending(self._ledgers[1])
        await stream.report(a_worker(ref, held.attempt, held.worker_id, held.incarnation))
        busy = await self._ledgers[0].claim_cohort(ref, rival, "i3")
        assert busy.outcome is ClaimOutcome.BUSY
        assert await self._record() == before

        await stream.leave()
        await asyncio.gather(*self._ledgers[1]._attendance._departures)
        self._world.store.turn(ABSENCE_SECONDS)
        claim = await self._ledgers[0].claim_cohort(ref, rival, "i3")
        after = (await self._record()).cohorts[cohort_id].cohort
        if claim.outcome is ClaimOutcome.ENDED:
            assert after.state is CohortState.ENDED
        else:
            assert (after.attempt, after.worker_id) == (held.attempt + 1, rival)
        acks = await report(self._ledgers[0], ref, held.attempt, ReportBatch(1))
        assert [ack.stale for ack in acks] == [True]

    @rule(chance=st.integers(0, 39), to=st.sampled_from(ENDINGS))
    def the_study_ends(self, chance: int, to: StudyState | StudyVerb) -> None:
        # Seldom, or few other things would happen.
        if chance == 0:
            self._runner.run(self._end(to))

    async def _end(self, to: StudyState | StudyVerb) -> None:
        with suppress(Conflict):
            if isinstance(to, StudyVerb):
                await self._ledgers[0].move_by_user(self._study_id, to)
            else:
                await self._ledgers[0].move_study(self._study_id, to)

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
        record = await self._record()
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
    over = record.study.state.is_terminal
    for entry in record.cohorts.values():
        assert entry.cohort.state is CohortState.ENDED or not over
        if entry.cohort.state is CohortState.ENDED:
            assert all(record.trials[n].state.is_terminal for n in entry.cohort.numbers)


def _is_legal(current: CohortState, to: CohortState, actor: Actor) -> bool:
    with suppress(Problem):
        check_cohort_move(current, to, actor)
        return True
    return False


def test_no_order_of_commands_breaks_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attendance, "_DOUBT_SECONDS", 0.0)
    run_state_machine_as_test(
        LedgerMachine,
        settings=settings(
            max_examples=30,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
