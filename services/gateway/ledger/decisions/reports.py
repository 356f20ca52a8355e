"""What a trainer reports: epochs, ends, test scores."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime

from layerlab.domain.evaluation import EvaluatedTrial
from layerlab.domain.event import EventType, cohort_subject, trial_subject
from layerlab.domain.exchange import ReportAck, ReportBatch
from layerlab.domain.json_value import JsonObject, JsonValue
from layerlab.domain.problem import Conflict, InvalidInput
from layerlab.domain.study import Cohort, EpochReport, Purpose, TestScore, TrialEnd
from layerlab.domain.trial import Actor, CohortState
from services.gateway.ledger.decisions.command import Command, Decision, Draft, answering
from services.gateway.ledger.decisions.moves import complete_cohort, end_trial, finite
from services.gateway.ledger.evaluations import KeptEvaluation
from services.gateway.ledger.fold import Record


def report(cohort_id: str, attempt: int, batch: ReportBatch) -> Command[ReportAck]:
    """What was reported before changes nothing; what a stale attempt reports is not recorded.

    :raises NotFound: `unknown_study`, `unknown_cohort`.
    :raises Conflict: `epoch_gap`, `not_in_cohort`, `not_a_test`, `not_an_end`, `illegal_move`.
    :raises InvalidInput: `not_finite`, a test score or a statistic.
    """

    def decide(record: Record, now: datetime) -> Decision[ReportAck]:
        number = batch.message_number
        if record.study.state.is_terminal:
            return answering(ReportAck(number, cancelled=True))
        cohort = record.entry(cohort_id).cohort
        if cohort.state is not CohortState.RUNNING or cohort.attempt != attempt:
            return answering(ReportAck(number, stale=True))
        _check_numbers(cohort, batch)
        _check_stats(batch)
        drafts = [
            *_epochs(record, cohort, batch.epochs),
            *_evaluated(record, cohort, batch.evaluated),
            *_ends(record, batch.ends),
            *_scores(record, cohort, batch.test_scores),
        ]
        if _is_complete(record, cohort, batch):
            drafts.append(complete_cohort(cohort, batch))
        over = {each.number for each in batch.epochs if _has_ended(record, each.number)}
        return answering(ReportAck(number, stop_trials=tuple(sorted(over))), *drafts)

    return decide


def _check_numbers(cohort: Cohort, batch: ReportBatch) -> None:
    numbers = {each.number for each in batch.epochs} | {each.number for each in batch.ends}
    numbers |= {each.number for each in batch.test_scores}
    numbers |= {each.number for each in batch.evaluated}
    strange = numbers.difference(cohort.numbers)
    if strange:
        raise Conflict(
            "not_in_cohort", f"Trial {min(strange)} is not in cohort {cohort.cohort_id}."
        )
    # A baseline is fixed from the start: nothing is chosen by its test score.
    if batch.test_scores and cohort.purpose not in (Purpose.TEST, Purpose.BASELINE):
        raise Conflict("not_a_test", f"Cohort {cohort.cohort_id} tests nothing.")


def _check_stats(batch: ReportBatch) -> None:
    stats = batch.stats
    if stats and not all(
        map(math.isfinite, (stats.padding_share, stats.train_seconds, stats.flops))
    ):
        raise InvalidInput("not_finite", "The statistics of a cohort are finite numbers.")


def _epochs(record: Record, cohort: Cohort, reports: Iterable[EpochReport]) -> Iterable[Draft]:
    fresh: list[JsonValue] = []
    last: dict[int, int] = {}
    for each in sorted(reports, key=lambda report: report.epoch):
        before = last.get(each.number, record.trials[each.number].epochs)
        if each.epoch <= before or _has_ended(record, each.number):
            continue
        if each.epoch > before + 1:
            raise Conflict(
                "epoch_gap",
                f"Epoch {each.epoch} of trial {each.number} does not follow epoch {before}.",
            )
        last[each.number] = each.epoch
        fresh.append(_report_to_json(each))
    if fresh:
        data: JsonObject = {
            "cohort_id": cohort.cohort_id,
            "attempt": cohort.attempt,
            "reports": fresh,
        }
        subject = cohort_subject(record.study_id, cohort.cohort_id)
        yield Draft(EventType.EPOCHS_REPORTED, subject, data)


def _report_to_json(report: EpochReport) -> dict[str, JsonValue]:
    return {
        "number": report.number,
        "epoch": report.epoch,
        "train_loss": finite(report.train_loss),
        "val_loss": finite(report.val_loss),
        "score_val": finite(report.score_val),
        "elapsed_seconds": finite(report.elapsed_seconds) or 0.0,
    }


def _ends(record: Record, ends: Sequence[TrialEnd]) -> Iterable[Draft]:
    seen: set[int] = set()
    for end in ends:
        # The first end is the one that counts.
        if end.number in seen or _has_ended(record, end.number):
            continue
        if not end.state.is_terminal:
            raise Conflict("not_an_end", f"{end.state} is no end of trial {end.number}.")
        seen.add(end.number)
        yield end_trial(record.study_id, record.trials[end.number], Actor.TRAINER, end)


def _scores(record: Record, cohort: Cohort, scores: Sequence[TestScore]) -> Iterable[Draft]:
    seen: set[int] = set()
    for each in scores:
        if not math.isfinite(each.score):
            raise InvalidInput("not_finite", f"The test score of {each.number} is not finite.")
        if each.number in seen or record.trials[each.number].score_test is not None:
            continue
        seen.add(each.number)
        yield Draft(
            EventType.TRIAL_TESTED,
            trial_subject(record.study_id, each.number),
            {"number": each.number, "score_test": each.score, "rows": each.rows},
        )


def _evaluated(
    record: Record, cohort: Cohort, evaluated: Sequence[EvaluatedTrial]
) -> Iterable[Draft]:
    for each in dict.fromkeys(evaluated):
        # The first one is the one that counts.
        if (each.number, each.rows) not in record.evaluations:
            kept = KeptEvaluation(each.number, each.rows, cohort.attempt)
            subject = trial_subject(record.study_id, each.number)
            yield Draft(EventType.TRIAL_EVALUATED, subject, kept.to_json())


def _is_complete(record: Record, cohort: Cohort, batch: ReportBatch) -> bool:
    """Whether, with this batch, nothing of the cohort is left to do."""
    if cohort.purpose is Purpose.TEST:
        scored = {each.number for each in batch.test_scores}
        return all(
            number in scored or record.trials[number].score_test is not None
            for number in cohort.numbers
        )
    ended = {each.number for each in batch.ends}
    return all(number in ended or _has_ended(record, number) for number in cohort.numbers)


def _has_ended(record: Record, number: int) -> bool:
    return record.trials[number].state.is_terminal
