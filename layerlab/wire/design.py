"""Designs."""

from __future__ import annotations

from layerlab.domain.design import (
    DEFAULT_MOMENTUM,
    Activation,
    ClassWeight,
    Design,
    Norm,
    Optimizer,
    Schedule,
)
from layerlab.domain.recipe import RecipeName
from layerlab.v1 import design_pb2 as pb
from layerlab.wire.enums import enum_from_proto, enum_to_proto, required_enum
from layerlab.wire.values import optional


def design_to_proto(design: Design) -> pb.Design:
    return pb.Design(
        hidden=design.hidden,
        activation=enum_to_proto(design.activation, pb.Activation),
        norm=enum_to_proto(design.norm, pb.Norm),
        dropout=design.dropout,
        residual=design.residual,
        optimizer=enum_to_proto(design.optimizer, pb.Optimizer),
        learning_rate=design.learning_rate,
        weight_decay=design.weight_decay,
        batch_size=design.batch_size,
        momentum=design.momentum,
        schedule=enum_to_proto(design.schedule, pb.Schedule),
        warmup_epochs=design.warmup_epochs,
        class_weight=enum_to_proto(design.class_weight, pb.ClassWeight),
        recipe=enum_to_proto(design.recipe, pb.RecipeName),
        missing_indicators=design.missing_indicators,
        group_rare=design.group_rare,
    )


def design_from_proto(message: pb.Design) -> Design:
    """What a message from an older version lacks has its default."""
    momentum = optional(message, "momentum")
    schedule = enum_from_proto(message.schedule, pb.Schedule, Schedule)
    class_weight = enum_from_proto(message.class_weight, pb.ClassWeight, ClassWeight)
    return Design(
        hidden=tuple(message.hidden),
        activation=required_enum(message.activation, pb.Activation, Activation),
        norm=required_enum(message.norm, pb.Norm, Norm),
        dropout=message.dropout,
        residual=message.residual,
        optimizer=required_enum(message.optimizer, pb.Optimizer, Optimizer),
        learning_rate=message.learning_rate,
        weight_decay=message.weight_decay,
        batch_size=message.batch_size,
        momentum=DEFAULT_MOMENTUM if momentum is None else momentum,
        schedule=schedule or Schedule.CONSTANT,
        warmup_epochs=message.warmup_epochs,
        class_weight=class_weight or ClassWeight.NONE,
        recipe=enum_from_proto(message.recipe, pb.RecipeName, RecipeName),
        missing_indicators=message.missing_indicators,
        group_rare=message.group_rare,
    )
