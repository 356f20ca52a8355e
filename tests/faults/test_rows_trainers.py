"""The failure table's rows about trainers and their messages, on real processes."""

from __future__ import annotations

import os
import random
import signal

import pytest

from tests.faults.checker import check
from tests.faults.cluster import Cluster
from tests.faults.history import History
from tests.faults.messages import copies, poison, publish
from tests.faults.play import Holder, Play, wait_for

# What takes a minute here takes several where something else runs as well.
pytestmark = pytest.mark.timeout(500)

# A cohort takes some seconds, so that there is time to disturb it.
_ROWS, _EPOCHS = 3000, 60


def test_a_trainer_killed_with_9_is_replaced_by_a_new_attempt(cluster: Cluster) -> None:
    with Play(cluster, 1, _ROWS, _EPOCHS) as play:
        study_id = play.workload.start_study(trials=28)
        killed = []
        for _ in range(3):
            holder = play.wait_for_holder(study_id)
            cluster.kill(holder.trainer)
            killed.append(holder)
        history = play.end()
    verdict = check(history)
    assert verdict.findings == ()
    assert verdict.recovered > 0
    for holder in killed:
        assert _last_attempt(history, study_id, holder) > holder.attempt


def test_a_trainer_that_hangs_is_replaced_and_comes_back_as_a_stale_one(cluster: Cluster) -> None:
    with Play(cluster, 2, _ROWS, _EPOCHS) as play:
        study_id = play.workload.start_study(trials=24)
        holder = play.wait_for_holder(study_id)
        pid = cluster.servers[holder.trainer].pid
        # Its training process goes on meanwhile, and gets ahead of its replacement.
        os.kill(pid, signal.SIGSTOP)
        try:
            taken = wait_for(lambda: _taken_over(play, study_id, holder), "another attempt")
        finally:
            os.kill(pid, signal.SIGCONT)
        wait_for(lambda: "stale" in play.logged_since(holder.trainer), "a stale zombie")
        history = play.end()
    assert check(history).findings == ()
    # What it had ended before it hung is its own; and it may claim the cohort again, anew.
    ends = {trial["number"]: trial["attempt"] for trial in history.ends[study_id].trials}
    assert all(ends[number] > holder.attempt for number in taken)


def test_a_trainer_parted_from_the_broker_while_it_trains_ends_what_it_has(
    cluster: Cluster,
) -> None:
    with Play(cluster, 3, _ROWS, _EPOCHS) as play:
        study_id = play.workload.start_study(trials=24)
        holder = play.wait_for_holder(study_id)
        link = cluster.links[f"{holder.trainer}>broker"]
        link.part()
        try:
            wait_for(lambda: _has_ended(play, study_id, holder), "the end of its cohort")
        finally:
            link.heal()
        history = play.end()
    verdict = check(history)
    assert verdict.findings == ()
    assert verdict.recovered == 0


def test_the_same_message_five_times_trains_a_cohort_once(cluster: Cluster) -> None:
    with Play(cluster, 4, _ROWS, _EPOCHS) as play:
        study_id = play.workload.start_study(trials=24)
        holder = play.wait_for_holder(study_id)
        publish(cluster.broker.url, copies(study_id, holder.cohort_id, 5))
        wait_for(lambda: _has_ended(play, study_id, holder), "the end of its cohort")
        publish(cluster.broker.url, copies(study_id, holder.cohort_id, 5))
        history = play.end()
    verdict = check(history)
    assert verdict.findings == ()
    assert verdict.recovered == 0


def test_poison_messages_become_dead_letters_and_every_consumer_lives(cluster: Cluster) -> None:
    with Play(cluster, 5) as play:
        before = cluster.queue().dead
        bodies = poison(random.Random(5))
        pids = [cluster.servers[name].pid for name in cluster.names("trainer")]
        publish(cluster.broker.url, bodies)
        study_id = play.workload.start_study(trials=12)
        wait_for(lambda: cluster.queue().dead == before + len(bodies), "the dead letters")
        play.nemesis.poison = before + len(bodies)
        history = play.end()
    assert check(history).findings == ()
    assert history.ends[study_id].study["state"] == "SUCCEEDED"
    assert [cluster.servers[name].pid for name in cluster.names("trainer")] == pids


def _taken_over(play: Play, study_id: str, holder: Holder) -> list[int]:
    """Numbers of the trials that a later attempt than the holder's has."""
    trials = play.cohort(study_id, holder.cohort_id)
    return [trial["number"] for trial in trials if trial["attempt"] > holder.attempt]


def _has_ended(play: Play, study_id: str, holder: Holder) -> bool:
    trials = play.cohort(study_id, holder.cohort_id)
    return all(trial["state"] in ("SUCCEEDED", "PRUNED") for trial in trials)


def _last_attempt(history: History, study_id: str, holder: Holder) -> int:
    trials = history.ends[study_id].trials
    found = [each for each in trials if each["cohort_id"] == holder.cohort_id]
    return max(int(trial["attempt"]) for trial in found)
