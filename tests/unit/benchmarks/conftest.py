from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import pytest

from benchmarks.support.workloads import mixed_space
from layerlab.client import Trial
from layerlab.client.documents import read_trial
from layerlab.domain.design import Design
from layerlab.domain.presets import preset_space
from layerlab.domain.space_document import parse_space
from layerlab.domain.space_drawing import draw_design

INPUTS, CLASSES = 16, 26


@pytest.fixture
def designs() -> list[Design]:
    """Drawn as LayerLab draws them from the space of the mixed workload."""
    space = parse_space(mixed_space(128), preset_space("balanced", 20_000))
    return [draw_design(space, random.Random(number)) for number in range(100)]


@pytest.fixture
def trials(designs: list[Design]) -> list[Trial]:
    """As REST tells of them."""
    return [trial(number, design) for number, design in enumerate(designs, 1)]


def trial(number: int, design: Design) -> Trial:
    document: dict[str, Any] = {
        "number": number,
        "state": "SUCCEEDED",
        "design": design.to_json(),
        "n_params": design.n_params(INPUTS, CLASSES),
        "epochs": 3,
        "started_at": datetime.now(UTC).isoformat(),
    }
    return read_trial(document)
