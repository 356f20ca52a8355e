"""The checker finds what it is there to find. Each history is spoilt in one way."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from tests.faults.audit import Sin
from tests.faults.checker import check
from tests.faults.figures import measure
from tests.faults.forging import (
    COHORT,
    STUDY,
    Event,
    a_client,
    a_history,
    a_kill,
    a_log,
    cohort_moved,
    moved,
    numbered,
    reported,
    wall,
    was_tested,
)
from tests.faults.history import Accepted, Answer, Connected, History, Rest, Seen, Trace, Upload

Spoil = Callable[[list[Event]], list[Event]]


def test_a_history_in_which_all_went_well_is_clean() -> None:
    verdict = check(a_history())
    assert verdict.findings == ()
    assert (verdict.trials, verdict.recovered) == (1, 1)


def _without(place: int) -> Spoil:
    return lambda log: log[:place] + log[place + 1 :]


def _with(place: int, *events: Event) -> Spoil:
    return lambda log: log[:place] + list(events) + log[place:]


@pytest.mark.parametrize(
    ("spoil", "sin", "what"),
    [
        pytest.param(_without(13), Sin.LOST, "trial 1 is RUNNING in the end", id="no end"),
        pytest.param(_without(16), Sin.LOST, "the study is RUNNING", id="the study has no end"),
        pytest.param(_without(14), Sin.LOST, f"cohort {COHORT} is RUNNING", id="cohort runs on"),
        pytest.param(_without(12), Sin.LOST, "the log has 1", id="an epoch is missing"),
        pytest.param(_without(11), Sin.LOST, "epoch 2 follows 0", id="an epoch is skipped"),
        pytest.param(
            _with(14, moved(1, "SUCCEEDED", "SUCCEEDED", "trainer", 2)),
            Sin.DOUBLED,
            "trial 1 has 2 ends",
            id="ended twice",
        ),
        pytest.param(_with(16, was_tested(1)), Sin.DOUBLED, "2 test scores", id="tested twice"),
        pytest.param(_with(13, reported(1, 2, 2)), Sin.DOUBLED, "epoch 2", id="epoch twice"),
        pytest.param(
            _with(4, moved(1, None, "PENDING", "scheduler")),
            Sin.DOUBLED,
            "registered twice",
            id="registered twice",
        ),
        pytest.param(_with(12, reported(1, 2, 1)), Sin.UNEXPECTED, "attempt 1", id="stale epoch"),
        pytest.param(
            lambda log: [*log[:13], moved(1, "RUNNING", "SUCCEEDED", "trainer", 1), *log[14:]],
            Sin.UNEXPECTED,
            "ended by attempt 1, not 2",
            id="stale end",
        ),
        pytest.param(
            _with(6, moved(1, "QUEUED", "SUCCEEDED", "trainer", 0)),
            Sin.UNEXPECTED,
            "moved from QUEUED, to SUCCEEDED",
            id="an illegal move",
        ),
        pytest.param(
            _with(8, moved(1, "RUNNING", "QUEUED", "user", 1)),
            Sin.UNEXPECTED,
            "actor user",
            id="a legal move by the wrong one",
        ),
        pytest.param(
            _with(9, cohort_moved("RUNNING", "RUNNING", 3)),
            Sin.UNEXPECTED,
            "skipped an attempt",
            id="a skipped attempt",
        ),
    ],
)
def test_a_log_that_breaks_the_promise_is_found_out(spoil: Spoil, sin: Sin, what: str) -> None:
    verdict = check(a_history(spoil(a_log())))
    assert any(what in found for found in verdict.of(sin)), verdict.findings


def test_a_trial_that_failed_for_a_lost_worker_is_unexpected() -> None:
    log = a_log()
    log[13] = moved(1, "RUNNING", "FAILED", "trainer", 2)
    log[13]["data"]["reason"] = "WORKER_LOST"
    verdict = check(a_history(log))
    assert any("WORKER_LOST" in found for found in verdict.of(Sin.UNEXPECTED))


def test_a_number_that_is_missing_in_the_log_is_a_gap() -> None:
    history = a_history()
    end = history.ends[STUDY]
    log = list(end.logs["gateway-1"])
    history.ends[STUDY] = dataclasses.replace(end, logs={"gateway-1": log[:5] + log[6:]})
    assert any("7 where 6 belongs" in found for found in check(history).of(Sin.GAP))


def _lose_study(history: History) -> None:
    history.accepted.append(Accepted("s2", 1))


def _lose_trial(history: History) -> None:
    history.accepted[0] = Accepted(STUDY, 2)


def _double_trial(history: History) -> None:
    end = history.ends[STUDY]
    history.ends[STUDY] = dataclasses.replace(end, trials=[*end.trials, *end.trials])


def _contradict(history: History) -> None:
    end = history.ends[STUDY]
    other = {**end.trials[0], "state": "PRUNED"}
    history.ends[STUDY] = dataclasses.replace(end, trials=[other])


def _lose_upload(history: History) -> None:
    history.uploads.append(Upload("d1", readable=False))


def _skip(history: History) -> None:
    del history.clients[0].seen[4]


def _stop_early(history: History) -> None:
    del history.clients[0].seen[-1]


def _repeat(history: History) -> None:
    seen = history.clients[0].seen
    seen.insert(3, seen[2])


def _rewrite(history: History) -> None:
    history.clients[0].seen[3] = Seen(4.0, 4, "something else")


def _leave_client(history: History) -> None:
    history.clients[0].ended = False


def _leave_message(history: History) -> None:
    history.rest = Rest(1, 0, 3, 3, 4, 4)


def _lose_consumer(history: History) -> None:
    history.rest = Rest(0, 0, 2, 3, 4, 4)


def _bury_alive(history: History) -> None:
    history.rest = Rest(0, 0, 3, 3, 5, 4)


def _answer(status: int, retry_after: bool) -> Callable[[History], None]:
    answer = Answer(0.0, "GET /v1/studies", status, "code", retry_after)
    return lambda history: history.answers.append(answer)


def _trace(history: History) -> None:
    history.traces.append(Trace("gateway-1", "a traceback", "KeyError: 'x'"))


@pytest.mark.parametrize(
    ("spoil", "sin", "what"),
    [
        (_lose_study, Sin.LOST, "nobody knows it"),
        (_lose_trial, Sin.LOST, "trial 2 is not there"),
        (_double_trial, Sin.DOUBLED, "is there 2 times"),
        (_contradict, Sin.LOST, "trial 1 is PRUNED; in the log, SUCCEEDED"),
        (_lose_upload, Sin.LOST, "can't be read"),
        (_skip, Sin.GAP, "was given 6 after 4"),
        (_stop_early, Sin.GAP, "was sent home"),
        (_repeat, Sin.DOUBLED, "was given 3 twice"),
        (_rewrite, Sin.DOUBLED, "another 4"),
        (_leave_client, Sin.UNEXPECTED, "has not heard of the end"),
        (_leave_message, Sin.UNEXPECTED, "1 messages wait"),
        (_lose_consumer, Sin.UNEXPECTED, "2 consume"),
        (_bury_alive, Sin.UNEXPECTED, "5 dead letters"),
        (_answer(500, False), Sin.UNEXPECTED, "was answered 500"),
        (_answer(503, False), Sin.UNEXPECTED, "without Retry-After"),
        (_answer(404, False), Sin.UNEXPECTED, "was answered 404"),
        (_trace, Sin.UNEXPECTED, "KeyError"),
    ],
)
def test_what_clients_and_the_end_tell_is_found(
    spoil: Callable[[History], None], sin: Sin, what: str
) -> None:
    history = a_history()
    spoil(history)
    assert any(what in found for found in check(history).of(sin)), check(history).findings


def test_to_be_unavailable_and_say_until_when_is_no_sin() -> None:
    history = a_history()
    history.answers.append(Answer(0.0, "GET /v1/studies", 503, "store_unavailable", True))
    assert check(history).is_clean


def test_two_clients_of_one_study_are_held_to_the_same_log() -> None:
    history = a_history()
    history.clients.append(a_client(numbered(a_log()[:-1]), "another"))
    assert any("client another" in found for found in check(history).of(Sin.GAP))


def test_a_rerun_is_timed_from_the_kill_to_the_next_claim() -> None:
    history = a_history()
    history.faults.append(a_kill(at=2.5))
    rerun = measure(history)[0]
    assert [round(each, 3) for each in rerun.seconds(alone_only=True)] == [3.5]


def test_a_rerun_amid_other_faults_is_told_apart() -> None:
    history = a_history()
    history.faults += [a_kill(at=2.5), a_kill(at=3.0, target="store", pid=5)]
    rerun = measure(history)[0]
    assert rerun.seconds(alone_only=True) == []
    assert len(rerun.seconds(alone_only=False)) == 1


def test_a_kill_of_a_trainer_that_held_nothing_is_not_timed() -> None:
    history = a_history()
    history.faults += [a_kill(at=0.5), a_kill(at=2.0, pid=78), a_kill(at=6.5)]
    assert measure(history)[0].samples == ()


def _with_a_gateway_killed_at(*moments: float) -> History:
    """It is back half a second later each time; its one client connects again at 5."""
    history = a_history()
    history.faults += [a_kill(at=moment, target="gateway-1", pid=5) for moment in moments]
    history.came += [("gateway-1", wall(moment + 0.5)) for moment in moments]
    history.clients[0].gateway = "gateway-1"
    history.clients[0].connected += [Connected(wall(0.0), 1), Connected(wall(5.0), 3)]
    return history


def test_a_client_has_caught_up_when_it_is_connected_again_and_has_everything() -> None:
    caught_up = measure(_with_a_gateway_killed_at(2.0))[4]
    assert [round(each, 3) for each in caught_up.seconds(alone_only=True)] == [2.5]


def test_a_gateway_killed_before_its_clients_are_back_is_timed_from_its_next_return() -> None:
    caught_up = measure(_with_a_gateway_killed_at(2.0, 3.0))[4]
    assert [round(each, 3) for each in caught_up.seconds(alone_only=False)] == [1.5]
