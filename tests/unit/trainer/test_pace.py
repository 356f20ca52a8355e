from __future__ import annotations

from collections.abc import Sequence

import pytest

from layerlab.domain.dataset import Task
from layerlab.domain.halving import Rung
from layerlab.domain.spec import Engine
from layerlab.domain.study import EpochReport, TrialEnd
from layerlab.domain.trial import TrialState
from services.trainer import pace
from services.trainer.messages import ArrayFiles, Progress, TrainJob
from services.trainer.pace import Pace, epochs_left
from tests.unit.trainer.builders import lane

FILES = ArrayFiles("x", "y")


class Clock:
    def __init__(self) -> None:
        self.time = 100.0

    def monotonic(self) -> float:
        return self.time


@pytest.fixture(name="clock")
def a_clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(pace, "time", clock)
    return clock


def a_job(numbers: Sequence[int], max_epochs: int, seconds_left: float | None = None) -> TrainJob:
    lanes = tuple(lane(number=number) for number in numbers)
    task = Task.CLASSIFICATION
    return TrainJob(lanes, Engine.FUSED, task, 3, FILES, FILES, max_epochs, seconds_left, None)


def an_epoch(numbers: Sequence[int], epoch: int, ended: Sequence[int] = ()) -> Progress:
    reports = tuple(EpochReport(number, epoch, 0.5, 0.5, 0.5, 0.1) for number in numbers)
    return Progress(reports, tuple(TrialEnd(number, TrialState.SUCCEEDED) for number in ended))


@pytest.mark.parametrize(
    ("done", "max_epochs", "rungs", "left"),
    [
        ([0, 0, 0], 10, [], 30),
        ([4, 4], 10, [], 12),
        ([], 10, [], 0),
        ([10, 10], 10, [], 0),
        # One after another, as the reference engine trains them.
        ([10, 3, 0], 10, [], 17),
        ([0] * 9, 9, [Rung(1, 3), Rung(3, 1)], 9 + 2 * 3 + 6 * 1),
        ([2] * 3, 9, [Rung(1, 3), Rung(3, 1)], 3 + 6 * 1),
        ([0] * 4, 5, [Rung(8, 1)], 20),
    ],
)
def test_rungs_and_ends_shorten_what_is_left(
    done: list[int], max_epochs: int, rungs: list[Rung], left: int
) -> None:
    assert epochs_left(done, max_epochs, rungs) == left


def test_nothing_is_known_before_the_first_epoch(clock: Clock) -> None:
    assert Pace(a_job([1, 2], 10)).seconds_left() == float("inf")


def test_the_job_before_gives_the_first_guess(clock: Clock) -> None:
    guess = Pace(a_job([1, 2], 10), epoch_seconds=0.1)
    assert guess.seconds_left() == pytest.approx(2.0)
    clock.time += 1.5
    assert guess.seconds_left() == pytest.approx(0.5)


def test_the_epochs_of_its_own_count_more_than_a_guess(clock: Clock) -> None:
    job = Pace(a_job([1, 2], 10), epoch_seconds=0.1)
    clock.time += 2
    job.note(an_epoch([1, 2], 1))
    assert job.seconds_left() == pytest.approx(9 * 2.0)
    assert job.mean_epoch_seconds == pytest.approx(1.0)


def test_a_lane_that_has_ended_takes_no_more_time(clock: Clock) -> None:
    job = Pace(a_job([1, 2], 10))
    clock.time += 1
    job.note(an_epoch([1, 2], 1, ended=[2]))
    assert job.seconds_left() == pytest.approx(9 * 0.5)


def test_a_deadline_ends_it_in_any_case(clock: Clock) -> None:
    job = Pace(a_job([1], 1000, seconds_left=5.0))
    assert job.seconds_left() == pytest.approx(5.0)
    clock.time += 1
    job.note(an_epoch([1], 1))
    assert job.seconds_left() == pytest.approx(4.0)
