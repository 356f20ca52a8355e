"""Datasets and matrices."""

from __future__ import annotations

from layerlab.domain.dataset import (
    Column,
    ColumnKind,
    Dataset,
    DataWarning,
    TableRows,
    Task,
    TopValue,
)
from layerlab.domain.matrices import MatricesHeader, MatrixChunk, MatrixSpec, Part, Split
from layerlab.domain.problem import Malformed
from layerlab.domain.recipe import RecipeName
from layerlab.v1 import dataset_pb2 as pb
from layerlab.v1 import design_pb2, ingest_pb2
from layerlab.wire.enums import enum_to_proto, required_enum
from layerlab.wire.spec import split_spec_from_proto, split_spec_to_proto
from layerlab.wire.values import optional, time_from_proto, time_to_proto


def dataset_to_proto(dataset: Dataset) -> pb.Dataset:
    return pb.Dataset(
        dataset_id=dataset.dataset_id,
        name=dataset.name,
        rows=dataset.rows,
        size_bytes=dataset.size_bytes,
        columns=[_column_to_proto(column) for column in dataset.columns],
        suggested_target=dataset.suggested_target,
        suggested_task=enum_to_proto(dataset.suggested_task, pb.Task),
        warnings=[
            pb.DataWarning(code=each.code, detail=each.detail, column=each.column)
            for each in dataset.warnings
        ],
        created_at=time_to_proto(dataset.created_at),
        encoding=dataset.encoding,
        delimiter=dataset.delimiter,
    )


def dataset_from_proto(message: pb.Dataset) -> Dataset:
    return Dataset(
        dataset_id=message.dataset_id,
        name=message.name,
        rows=message.rows,
        size_bytes=message.size_bytes,
        columns=tuple(_column_from_proto(column) for column in message.columns),
        suggested_target=message.suggested_target,
        suggested_task=required_enum(message.suggested_task, pb.Task, Task),
        warnings=tuple(
            DataWarning(each.code, each.detail, each.column) for each in message.warnings
        ),
        created_at=time_from_proto(message.created_at),
        encoding=message.encoding,
        delimiter=message.delimiter,
    )


def _column_to_proto(column: Column) -> pb.Column:
    return pb.Column(
        name=column.name,
        kind=enum_to_proto(column.kind, pb.ColumnKind),
        reason=column.reason,
        missing=column.missing,
        distinct=column.distinct,
        minimum=column.minimum,
        maximum=column.maximum,
        mean=column.mean,
        infinite=column.infinite,
        integers=column.integers,
        top=[pb.TopValue(value=each.value, count=each.count) for each in column.top],
    )


def _column_from_proto(message: pb.Column) -> Column:
    return Column(
        name=message.name,
        kind=required_enum(message.kind, pb.ColumnKind, ColumnKind),
        reason=message.reason,
        missing=message.missing,
        distinct=message.distinct,
        minimum=optional(message, "minimum"),
        maximum=optional(message, "maximum"),
        mean=optional(message, "mean"),
        infinite=message.infinite,
        integers=message.integers,
        top=tuple(TopValue(each.value, each.count) for each in message.top),
    )


def matrix_spec_to_proto(spec: MatrixSpec) -> ingest_pb2.MatrixSpec:
    return ingest_pb2.MatrixSpec(
        dataset_id=spec.dataset_id,
        target=spec.target,
        task=enum_to_proto(spec.task, pb.Task),
        recipe=enum_to_proto(spec.recipe, design_pb2.RecipeName),
        seed=spec.seed,
        column_kinds={
            name: enum_to_proto(kind, pb.ColumnKind) for name, kind in spec.column_kinds.items()
        },
        split=split_spec_to_proto(spec.split),
        repeat=spec.repeat,
        missing_indicators=spec.missing_indicators,
        group_rare=spec.group_rare,
    )


def matrix_spec_from_proto(message: ingest_pb2.MatrixSpec) -> MatrixSpec:
    return MatrixSpec(
        dataset_id=message.dataset_id,
        target=message.target,
        task=required_enum(message.task, pb.Task, Task),
        recipe=required_enum(message.recipe, design_pb2.RecipeName, RecipeName),
        seed=message.seed,
        column_kinds={
            name: required_enum(kind, pb.ColumnKind, ColumnKind)
            for name, kind in message.column_kinds.items()
        },
        split=split_spec_from_proto(message.split),
        repeat=message.repeat,
        missing_indicators=message.missing_indicators,
        group_rare=message.group_rare,
    )


def part_to_proto(part: Part) -> ingest_pb2.Part.ValueType:
    value: ingest_pb2.Part.ValueType = enum_to_proto(part, ingest_pb2.Part)
    return value


def part_from_proto(number: int) -> Part:
    return required_enum(number, ingest_pb2.Part, Part)


def matrix_message_to_proto(
    message: MatricesHeader | MatrixChunk,
) -> ingest_pb2.FetchMatricesResponse:
    if isinstance(message, MatrixChunk):
        chunk = ingest_pb2.MatrixChunk(
            part=part_to_proto(message.part), name=message.name, data=message.data
        )
        return ingest_pb2.FetchMatricesResponse(chunk=chunk)
    header = ingest_pb2.MatricesHeader(
        recipe_json=message.recipe_json,
        n_inputs=message.n_inputs,
        n_outputs=message.n_outputs,
        n_train=message.n_train,
        n_validation=message.n_validation,
        n_test=message.n_test,
        split_sha256=message.split_sha256,
    )
    return ingest_pb2.FetchMatricesResponse(header=header)


def matrix_message_from_proto(
    message: ingest_pb2.FetchMatricesResponse,
) -> MatricesHeader | MatrixChunk:
    kind = message.WhichOneof("message")
    if kind == "chunk":
        return MatrixChunk(
            part_from_proto(message.chunk.part), message.chunk.name, message.chunk.data
        )
    if kind != "header":
        raise Malformed("empty_message", "A message of matrices is empty.")
    header = message.header
    return MatricesHeader(
        recipe_json=header.recipe_json,
        n_inputs=header.n_inputs,
        n_outputs=header.n_outputs,
        n_train=header.n_train,
        n_validation=header.n_validation,
        n_test=header.n_test,
        split_sha256=header.split_sha256,
    )


def rows_to_proto(rows: TableRows) -> pb.TableRows:
    return pb.TableRows(
        columns=rows.columns,
        rows=[pb.TableRow(cells=cells) for cells in rows.rows],
        total_size=rows.total,
    )


def rows_from_proto(message: pb.TableRows) -> TableRows:
    return TableRows(
        tuple(message.columns),
        tuple(tuple(row.cells) for row in message.rows),
        message.total_size,
    )


def split_to_proto(split: Split) -> ingest_pb2.GetSplitResponse:
    return ingest_pb2.GetSplitResponse(
        train=split.train, validation=split.validation, test=split.test
    )


def split_from_proto(message: ingest_pb2.GetSplitResponse) -> Split:
    return Split(tuple(message.train), tuple(message.validation), tuple(message.test))
