"""Evaluations of trials."""

from __future__ import annotations

from layerlab.domain.dataset import Task
from layerlab.domain.evaluation import (
    EvaluatedRows,
    EvaluatedTrial,
    Evaluation,
    Residuals,
    RocCurve,
)
from layerlab.domain.problem import Malformed
from layerlab.v1 import dataset_pb2, ledger_pb2
from layerlab.v1 import evaluation_pb2 as pb
from layerlab.wire.enums import enum_to_proto, required_enum


def evaluation_to_proto(evaluation: Evaluation) -> pb.Evaluation:
    message = pb.Evaluation(
        rows=enum_to_proto(evaluation.rows, pb.EvaluatedRows),
        task=enum_to_proto(evaluation.task, dataset_pb2.Task),
        n=evaluation.n,
        classes=evaluation.classes,
        merged=evaluation.merged,
        confusion=[count for row in evaluation.confusion for count in row],
        roc=[_curve_to_proto(each) for each in evaluation.roc],
    )
    if evaluation.residuals:
        message.residuals.CopyFrom(_residuals_to_proto(evaluation.residuals))
    return message


def evaluation_from_proto(message: pb.Evaluation) -> Evaluation:
    """:raises Malformed: also for a confusion matrix that is not square."""
    classes = tuple(message.classes)
    return Evaluation(
        rows=required_enum(message.rows, pb.EvaluatedRows, EvaluatedRows),
        task=required_enum(message.task, dataset_pb2.Task, Task),
        n=message.n,
        classes=classes,
        merged=message.merged,
        confusion=_square(tuple(message.confusion), len(classes)),
        roc=tuple(
            RocCurve(_name_of(each), each.auc, tuple(each.fpr), tuple(each.tpr))
            for each in message.roc
        ),
        residuals=(
            _residuals_from_proto(message.residuals) if message.HasField("residuals") else None
        ),
    )


def evaluated_to_proto(evaluated: EvaluatedTrial) -> ledger_pb2.EvaluatedTrial:
    return ledger_pb2.EvaluatedTrial(
        number=evaluated.number, rows=enum_to_proto(evaluated.rows, pb.EvaluatedRows)
    )


def evaluated_from_proto(message: ledger_pb2.EvaluatedTrial) -> EvaluatedTrial:
    """:raises Malformed: without rows that this version knows."""
    return EvaluatedTrial(
        message.number, required_enum(message.rows, pb.EvaluatedRows, EvaluatedRows)
    )


def _name_of(message: pb.RocCurve) -> str:
    """The field is named like a keyword of ours."""
    return str(getattr(message, "class"))


def _square(counts: tuple[int, ...], size: int) -> tuple[tuple[int, ...], ...]:
    if len(counts) != size * size:
        raise Malformed(
            "confusion_shape", f"{len(counts)} counts are no confusion matrix of {size} classes."
        )
    return tuple(counts[start : start + size] for start in range(0, len(counts), size or 1))


def _curve_to_proto(curve: RocCurve) -> pb.RocCurve:
    return pb.RocCurve(**{"class": curve.name}, auc=curve.auc, fpr=curve.fpr, tpr=curve.tpr)


def _residuals_to_proto(residuals: Residuals) -> pb.Residuals:
    return pb.Residuals(
        actual=residuals.actual,
        predicted=residuals.predicted,
        mae=residuals.mae,
        rmse=residuals.rmse,
        r2=residuals.r2,
    )


def _residuals_from_proto(message: pb.Residuals) -> Residuals:
    return Residuals(
        tuple(message.actual), tuple(message.predicted), message.mae, message.rmse, message.r2
    )
