from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.ingest.tables import Table


@pytest.fixture
def table(tmp_path: Path) -> Callable[[str | bytes], Table]:
    return lambda content: Table(tmp_path, content)
