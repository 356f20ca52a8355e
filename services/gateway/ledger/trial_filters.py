"""Which trials somebody asks for: conditions on their fields, and words."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from enum import StrEnum
from operator import attrgetter
from typing import Final, TypeAlias

from layerlab.domain.baseline import Baseline
from layerlab.domain.design import (
    DESIGN_FIELDS,
    Activation,
    ClassWeight,
    Norm,
    Optimizer,
    Schedule,
)
from layerlab.domain.problem import InvalidInput
from layerlab.domain.recipe import RecipeName
from layerlab.domain.spec import Engine
from layerlab.domain.study import Purpose, Trial
from layerlab.domain.trial import FailureReason, StopReason, TrialState

MAX_CONDITIONS: Final = 20

Matches: TypeAlias = Callable[[Trial], bool]

_CONDITION: Final = re.compile(r"\s*(\w+)\s*(!=|<=|>=|=|<|>)\s*(.*?)\s*", re.DOTALL)
_COMPARES: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_NUMBERS: Final = frozenset(
    {
        *("number", "score_val", "score_test", "val_loss", "fit_time_seconds", "epochs"),
        *("best_epoch", "n_params", "n_layers", "attempt", "seed", "repeat", "share"),
        *("dropout", "learning_rate", "weight_decay", "batch_size", "momentum", "warmup_epochs"),
    }
)
_WORDS: Final[Mapping[str, type[StrEnum] | None]] = {
    "state": TrialState,
    "reason": FailureReason,
    "stop_reason": StopReason,
    "engine": Engine,
    "purpose": Purpose,
    "baseline": Baseline,
    "activation": Activation,
    "norm": Norm,
    "optimizer": Optimizer,
    "worker_id": None,
    "cohort_id": None,
    "schedule": Schedule,
    "class_weight": ClassWeight,
    "recipe": RecipeName,
    "hidden": None,
}
_FLAGS: Final = frozenset({"residual", "has_model", "missing_indicators", "group_rare"})
_TRIAL_FIELDS: Final = frozenset(each.name for each in fields(Trial))
FILTERS: Final = tuple(sorted({*_NUMBERS, *_WORDS, *_FLAGS}))


def parse_conditions(texts: Sequence[str]) -> Matches:
    """All of `FIELD OP VALUE`, OP one of = != < <= > >=. Numbers take each of them; words, and
    true or false, = and !=. = and != take several values, by commas. A field without a value
    matches nothing but !=.

    :raises InvalidInput: `invalid_condition`, naming `where`.
    """
    if len(texts) > MAX_CONDITIONS:
        raise _refusal(f"At most {MAX_CONDITIONS} conditions can be asked for at once.")
    conditions = [_parse(text) for text in texts]
    return lambda trial: all(each(trial) for each in conditions)


def _parse(text: str) -> Matches:
    found = _CONDITION.fullmatch(text)
    if found is None:
        raise _refusal(f"{text!r} is no condition like n_params<10000 or activation=relu,gelu.")
    name, op, value = found.groups()
    read = _reader(name)
    if op in ("=", "!="):
        wanted = frozenset(_value(name, each.strip()) for each in value.split(","))
        return lambda trial: (read(trial) in wanted) is (op == "=")
    if name not in _NUMBERS:
        raise _refusal(f"{name} can't be compared by {op}, only by = and !=.")
    limit, compare = _number(name, value), _COMPARES[op]

    def holds(trial: Trial) -> bool:
        there = read(trial)
        return isinstance(there, (int, float)) and compare(there, limit)

    return holds


def _reader(name: str) -> Callable[[Trial], object]:
    if name not in FILTERS:
        raise InvalidInput(
            "invalid_condition",
            f"Trials have no field {name!r} to filter by.",
            hint=f"Use one of {', '.join(FILTERS)}.",
            field="where",
        )
    if name == "hidden":
        return lambda trial: words_of_hidden(trial)
    of_design = name not in _TRIAL_FIELDS and (name in DESIGN_FIELDS or name == "n_layers")
    return attrgetter(f"design.{name}" if of_design else name)


def words_of_hidden(trial: Trial) -> str:
    """`64-32` for two layers, as the page writes it; empty without any."""
    return "-".join(map(str, trial.design.hidden))


def _value(name: str, text: str) -> object:
    if name in _NUMBERS:
        return _number(name, text)
    if name in _FLAGS:
        if text not in ("true", "false"):
            raise _refusal(f"{name} is true or false, not {text!r}.")
        return text == "true"
    kind = _WORDS[name]
    known = () if kind is None else tuple(each.value for each in kind)
    if known and text not in known:
        raise _refusal(f"{name} is one of {', '.join(known)}, not {text!r}.")
    return text


def _number(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise _refusal(f"{name} is compared with a number, not with {text!r}.") from None
    if value != value:
        raise _refusal(f"{name} is compared with a number, not with {text!r}.")
    return value


def parse_words(text: str) -> Matches:
    """Each word is part of what a trial's design is called by, or the trial's number."""
    words = text.casefold().split()

    def matches(trial: Trial) -> bool:
        called = _called(trial)
        return all(each == str(trial.number) or each in called for each in words)

    return matches


def _called(trial: Trial) -> str:
    design = trial.design
    parts = [words_of_hidden(trial), design.activation, design.norm, design.optimizer]
    parts += ["residual"] if design.residual else []
    parts += [trial.state.value, trial.worker_id]
    return " ".join(parts).casefold()


def _refusal(detail: str) -> InvalidInput:
    return InvalidInput("invalid_condition", detail, field="where")
