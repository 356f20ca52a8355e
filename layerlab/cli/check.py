"""What a check of `layerlab doctor` has found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Check:
    """`warn`: LayerLab runs all the same. `hint`: what to do about it."""

    name: str
    result: Literal["ok", "warn", "fail"]
    detail: str
    hint: str = ""
