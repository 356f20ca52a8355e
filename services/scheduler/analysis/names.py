"""Names for contenders: short, and no two alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from layerlab.domain.baseline import Baseline
from layerlab.domain.dataset import Task
from layerlab.domain.design import ClassWeight, Design, Norm

_Words: TypeAlias = Callable[[Any, int], str]
_ALL_DIGITS: Final = 17


def name_baseline(baseline: Baseline, task: Task) -> str:
    regression = task is Task.REGRESSION
    return {
        Baseline.CONSTANT: "the mean" if regression else "the majority class",
        Baseline.LINEAR: "ridge regression" if regression else "logistic regression",
        Baseline.TREES: "boosted trees",
    }[baseline]


def name_designs(designs: Sequence[Design]) -> list[str]:
    """By their widths ("3 × 128", "64-32-16"), and by what else tells those of equal widths apart.

    What is told first is what can be said in a word.
    """
    names = [name_widths(each) for each in designs]
    groups: dict[str, list[int]] = {}
    for index, name in enumerate(names):
        groups.setdefault(name, []).append(index)
    for name, members in groups.items():
        if len(members) > 1:
            endings = _tell_apart([designs[each] for each in members])
            for index, ending in zip(members, endings, strict=True):
                names[index] = f"{name} {ending}"
    return names


def name_widths(design: Design) -> str:
    if not design.hidden:
        return "no hidden layer"
    if len(set(design.hidden)) == 1:
        return f"{len(design.hidden)} × {design.hidden[0]}"
    return "-".join(str(each) for each in design.hidden)


def say_value(field: str, value: Any, digits: int = 2) -> str:
    """A design's field in words that stand alone: "batch norm", "learning rate 0.001"."""
    return _WORDS[field](value, digits)


def _tell_apart(designs: Sequence[Design]) -> list[str]:
    """As few fields as it takes, with as few digits."""
    for digits in (2, 4, _ALL_DIGITS):
        told: list[str] = []
        different = 1
        for field in _WORDS:
            now = len(set(_told(designs, [*told, field], digits)))
            if now > different:
                told.append(field)
                different = now
        if different == len(designs):
            break
    return [", ".join(each) for each in _told(designs, told, digits)]


def _told(designs: Sequence[Design], fields: Sequence[str], digits: int) -> list[tuple[str, ...]]:
    return [
        tuple(say_value(name, getattr(each, name), digits) for name in fields) for each in designs
    ]


def _number(value: float, digits: int) -> str:
    return repr(value) if digits == _ALL_DIGITS else f"{value:.{digits}g}"


def _amount(text: str) -> _Words:
    """ "dropout 0.2", and "no dropout" where there is none of it."""
    return lambda value, digits: f"{text} {_number(value, digits)}" if value else f"no {text}"


def _switch(on: str, off: str) -> _Words:
    return lambda value, _: on if value else off


_WORDS: Final[Mapping[str, _Words]] = {
    "activation": lambda value, _: str(value),
    "norm": lambda value, _: "no norm" if value is Norm.NONE else f"{value} norm",
    "optimizer": lambda value, _: str(value),
    "recipe": lambda value, _: f"{value} recipe" if value else "the study's recipe",
    "residual": _switch("residual", "not residual"),
    "class_weight": lambda value, _: (
        "classes as they are" if value is ClassWeight.NONE else "balanced classes"
    ),
    "missing_indicators": _switch("missing indicators", "no missing indicators"),
    "group_rare": _switch("rare categories grouped", "rare categories apart"),
    "schedule": lambda value, _: f"{value} rate",
    "batch_size": lambda value, _: f"batches of {value}",
    "dropout": _amount("dropout"),
    "learning_rate": _amount("learning rate"),
    "weight_decay": _amount("weight decay"),
    "momentum": _amount("momentum"),
    "warmup_epochs": _amount("warm-up epochs"),
    "hidden": lambda value, _: "-".join(str(each) for each in value) or "no hidden layer",
}
