"""Rows of a table as tensors."""

from __future__ import annotations

import torch
from torch import Tensor

from services.trainer.engine import Floats, Targets


def tensor_of(values: Floats | Targets, device: torch.device) -> Tensor:
    """`values` themselves on a CPU, a copy elsewhere.

    So a map of a file stays a map: what is read of it can be dropped from memory at any time,
    whatever the size of the table. It must be writable, privately: torch knows no other tensors.
    """
    return torch.from_numpy(values).to(device)
