"""Trains some lanes, and prints the predicted and the measured bytes: a process of its own, since
only a fresh one's memory says what a job takes."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Final

from layerlab.domain.design import Norm
from layerlab.domain.footprint import Kernel, cohort_footprint
from services.trainer.control import Control
from services.trainer.engine import Engine, Limits
from services.trainer.fused.engine import FusedEngine
from services.trainer.groups import shape_of
from services.trainer.memory import PeakMemory
from services.trainer.native.engine import NativeEngine
from tests.unit.trainer.builders import CPU, classes, lane, train

_ENGINES: Final[Mapping[Kernel, Engine]] = {
    Kernel.NATIVE: NativeEngine(2),
    Kernel.STACK: FusedEngine(CPU, 2),
}


def main(kernel: Kernel) -> None:
    engine = _ENGINES[kernel]
    # What an engine loads once is not the job's.
    train([lane(1)], classes(), 1, engine)
    matrices = classes(rows=1_000, val=300, inputs=500)
    wide = [lane(n, hidden=(1024, 1024), batch_size=256) for n in range(1, 4)]
    deep = [lane(n, hidden=(512, 256, 512), norm=norm, dropout=0.2, batch_size=512)
            for n, norm in enumerate(Norm, 4)]  # fmt: skip
    lanes = [*wide, *deep]
    control, peak = Control(), PeakMemory()
    # One ends before the others, which are packed together.
    control.stop([2])
    if not peak.reset():
        sys.exit("the peak can't be measured here")
    for _ in engine.train(lanes, matrices, Limits(2), control):
        pass
    designs = [each.design for each in lanes]
    predicted = cohort_footprint(designs, shape_of(matrices), kernel, 2)
    sys.stdout.write(f"{predicted.total} {peak.read()}\n")


if __name__ == "__main__":
    main(Kernel(sys.argv[1]))
