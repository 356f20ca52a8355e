"""Which designs of a space a study may try."""

from __future__ import annotations

from dataclasses import dataclass

from layerlab.domain.design import Design
from layerlab.domain.footprint import epoch_work
from layerlab.domain.table_shape import TableShape

# Operations of matrix products that one core does in a second, more or less.
_WORK_PER_SECOND = 5e10


@dataclass(frozen=True, slots=True)
class Constraints:
    """`max_params`: trainable parameters. `max_trial_seconds`: as predicted for all of a trial's
    epochs on one core. None: no limit.
    """

    max_params: int | None = None
    max_trial_seconds: float | None = None

    def allow(self, design: Design, table: TableShape, max_epochs: int) -> bool:
        if self.max_params is not None:
            params = design.n_params(table.n_inputs, table.n_outputs)
            if params > self.max_params:
                return False
        if self.max_trial_seconds is not None:
            seconds = max_epochs * epoch_work(design, table) / _WORK_PER_SECOND
            return seconds <= self.max_trial_seconds
        return True

    @property
    def are_none(self) -> bool:
        return self.max_params is None and self.max_trial_seconds is None
