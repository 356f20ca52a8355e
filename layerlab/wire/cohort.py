"""Cohorts, their rungs and their statistics."""

from __future__ import annotations

from layerlab.domain.cohort_stats import CohortStats
from layerlab.domain.halving import Rung
from layerlab.domain.receipt import Receipt
from layerlab.domain.study import Cohort, Purpose
from layerlab.domain.trial import CohortState
from layerlab.v1 import cohort_pb2 as pb
from layerlab.wire.enums import enum_to_proto, required_enum
from layerlab.wire.values import optional


def rung_to_proto(rung: Rung) -> pb.Rung:
    return pb.Rung(epoch=rung.epoch, keep=rung.keep)


def rung_from_proto(message: pb.Rung) -> Rung:
    return Rung(message.epoch, message.keep)


def cohort_to_proto(cohort: Cohort) -> pb.Cohort:
    return pb.Cohort(
        cohort_id=cohort.cohort_id,
        study_id=cohort.study_id,
        purpose=enum_to_proto(cohort.purpose, pb.Purpose),
        numbers=cohort.numbers,
        state=enum_to_proto(cohort.state, pb.CohortState),
        attempt=cohort.attempt,
        worker_id=cohort.worker_id,
        incarnation=cohort.incarnation,
        seq=cohort.seq,
        rungs=[rung_to_proto(rung) for rung in cohort.rungs],
        stats=stats_to_proto(cohort.stats),
        receipt=receipt_to_proto(cohort.receipt),
    )


def cohort_from_proto(message: pb.Cohort) -> Cohort:
    return Cohort(
        cohort_id=message.cohort_id,
        study_id=message.study_id,
        purpose=required_enum(message.purpose, pb.Purpose, Purpose),
        numbers=tuple(message.numbers),
        state=required_enum(message.state, pb.CohortState, CohortState),
        attempt=message.attempt,
        worker_id=message.worker_id,
        incarnation=message.incarnation,
        seq=message.seq,
        rungs=tuple(rung_from_proto(rung) for rung in message.rungs),
        stats=stats_from_proto(message.stats) if message.HasField("stats") else None,
        receipt=receipt_from_proto(message.receipt) if message.HasField("receipt") else None,
    )


def receipt_to_proto(receipt: Receipt | None) -> pb.Receipt | None:
    if receipt is None:
        return None
    return pb.Receipt(
        split_sha256=receipt.split_sha256,
        recipe_sha256=receipt.recipe_sha256,
        versions=receipt.versions,
        machine=receipt.machine,
    )


def receipt_from_proto(message: pb.Receipt) -> Receipt:
    return Receipt(
        message.split_sha256, message.recipe_sha256, dict(message.versions), dict(message.machine)
    )


def stats_to_proto(stats: CohortStats | None) -> pb.CohortStats | None:
    if stats is None:
        return None
    return pb.CohortStats(
        lanes=stats.lanes,
        groups=stats.groups,
        padding_share=stats.padding_share,
        predicted_bytes=stats.predicted_bytes,
        peak_bytes=stats.peak_bytes,
        train_seconds=stats.train_seconds,
        flops=stats.flops,
    )


def stats_from_proto(message: pb.CohortStats) -> CohortStats:
    return CohortStats(
        lanes=message.lanes,
        groups=message.groups,
        padding_share=message.padding_share,
        predicted_bytes=message.predicted_bytes,
        peak_bytes=optional(message, "peak_bytes"),
        train_seconds=message.train_seconds,
        flops=message.flops,
    )
