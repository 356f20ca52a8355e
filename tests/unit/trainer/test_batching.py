"""Reports of tiny epochs are held back for a moment; none is lost, and ends wait for nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

from layerlab.domain.study import EpochReport, TrialEnd
from layerlab.domain.trial import TrialState
from services.trainer.batching import Batches
from services.trainer.messages import Progress


@dataclass
class Sent:
    time: float = 0.0
    messages: list[Progress] = field(default_factory=list)

    def batches(self) -> Batches:
        return Batches(self.messages.append, lambda: self.time)

    @property
    def epochs(self) -> list[list[int]]:
        return [[report.epoch for report in each.reports] for each in self.messages]


def an_epoch(number: int) -> Progress:
    return Progress((EpochReport(1, number, 0.5, 0.5, 0.5, 0.1),), ())


def test_the_first_epoch_is_sent_at_once_and_tiny_ones_together() -> None:
    sent = Sent()
    batches = sent.batches()
    for epoch in range(1, 16):
        sent.time = epoch / 64
        batches.add(an_epoch(epoch))
    assert sent.epochs == [[1], [2, 3, 4, 5], [6, 7, 8, 9], [10, 11, 12, 13]]


def test_long_epochs_are_sent_one_by_one() -> None:
    sent = Sent()
    batches = sent.batches()
    for epoch in (1, 2, 3):
        sent.time = float(epoch)
        batches.add(an_epoch(epoch))
    assert sent.epochs == [[1], [2], [3]]


def test_an_end_is_sent_at_once_with_the_epochs_before_it_and_its_model() -> None:
    sent = Sent()
    batches = sent.batches()
    batches.add(an_epoch(1))
    batches.add(an_epoch(2))
    end = TrialEnd(1, TrialState.SUCCEEDED)
    batches.add(Progress(an_epoch(3).reports, (end,), 1, b"weights"))
    assert sent.epochs == [[1], [2, 3]]
    assert sent.messages[1] == Progress(sent.messages[1].reports, (end,), 1, b"weights")


def test_what_is_held_back_before_a_long_epoch_is_sent_within_it() -> None:
    sent = Sent()
    batches = sent.batches()
    batches.add(an_epoch(1))
    batches.add(an_epoch(2))
    sent.time = 0.04
    batches.flush_due()
    assert sent.epochs == [[1]]
    sent.time = 0.06
    batches.flush_due()
    batches.flush_due()
    assert sent.epochs == [[1], [2]]
