"""What a trial's result depends on, so that anybody can get it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Receipt:
    """Of one attempt at a cohort. SHA-256 in lower-case hex: of the split's rows, of the fitted
    recipe, and of the training and validation matrices.

    `versions` of what trained, by name; `machine`: processor, kernel level, threads, system.
    """

    split_sha256: str
    recipe_sha256: str
    versions: Mapping[str, str] = field(default_factory=dict)
    machine: Mapping[str, str] = field(default_factory=dict)
