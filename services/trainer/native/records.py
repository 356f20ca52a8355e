"""The structures that the kernels work on, as src/lane.h declares them."""

from __future__ import annotations

from ctypes import (
    POINTER,
    Structure,
    c_double,
    c_float,
    c_int32,
    c_int64,
    c_uint32,
    c_uint64,
    c_void_p,
)
from typing import Final

from layerlab.domain.dataset import Task
from layerlab.domain.design import Activation, Norm, Optimizer

# Their places in the enumerations of lane.h.
ACTIVATIONS: Final = (
    Activation.RELU,
    Activation.TANH,
    Activation.GELU,
    Activation.SILU,
    Activation.ELU,
    Activation.SIGMOID,
)
NORMS: Final = (Norm.NONE, Norm.BATCH, Norm.LAYER)
OPTIMIZERS: Final = (Optimizer.SGD, Optimizer.ADAM, Optimizer.ADAMW, Optimizer.RMSPROP)
TASKS: Final = (Task.CLASSIFICATION, Task.REGRESSION)

RANDOM_WORDS: Final = 64


class CLayer(Structure):
    _fields_ = (
        ("inputs", c_int32),
        ("units", c_int32),
        ("weight", c_int64),
        ("bias", c_int64),
        ("scale", c_int64),
        ("shift", c_int64),
        ("mean", c_int64),
        ("variance", c_int64),
        ("end", c_int64),
    )


class CLane(Structure):
    _fields_ = (
        ("layers", POINTER(CLayer)),
        ("n_layers", c_int32),
        ("activation", c_int32),
        ("norm", c_int32),
        ("residual", c_int32),
        ("optimizer", c_int32),
        ("task", c_int32),
        ("batch", c_int32),
        ("dropout", c_float),
        ("momentum", c_float),
        ("decay", c_float),
        ("statistics_momentum", c_float),
        ("norm_epsilon", c_float),
        ("rates", c_void_p),
        ("class_weights", c_void_p),
        ("values", c_void_p),
        ("first", c_void_p),
        ("second", c_void_p),
        ("trained", c_int64),
        ("seed", c_uint64),
        ("random", c_uint32 * RANDOM_WORDS),
        ("steps", c_int64),
        ("position", c_int64),
        ("loss", c_double),
        ("hits", c_int64),
        ("outputs", c_void_p),
    )


class CTable(Structure):
    _fields_ = (
        ("features", c_void_p),
        ("classes", c_void_p),
        ("values", c_void_p),
        ("rows", c_int64),
        ("inputs", c_int32),
    )
