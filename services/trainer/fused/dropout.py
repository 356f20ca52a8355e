"""Dropout masks, from a stream per lane, so that a lane's masks don't depend on its neighbours."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from services.trainer.fused.layout import Level

_STEPS = 1 << 16  # Masks compare 16 random bits: the rate is exact to 0.002 %.


class Dropout:
    """A level's mask [rows, batch]: 0, or 1 / (1 - rate); all 1 for lanes without dropout."""

    def __init__(
        self, level: Level, batch: int, streams: Mapping[int, np.random.SFC64], like: Tensor
    ) -> None:
        self._keep = np.ones((level.rows, batch), dtype=np.bool_)
        rates = torch.empty(level.rows, 1)
        self._draws = []
        for block in level.blocks:
            rates[block.start : block.stop] = block.design.dropout
            if block.design.dropout > 0:
                keep = self._keep[block.start : block.stop]
                limit = round(block.design.dropout * _STEPS)
                self._draws.append((streams[block.lane], keep, np.uint16(min(limit, _STEPS - 1))))
        self._scale = (1 / (1 - rates)).to(like.device)
        self._mask = torch.empty_like(like)

    def draw(self) -> Tensor:
        for stream, keep, limit in self._draws:
            words = stream.random_raw(-(-keep.size // 4)).view(np.uint16)
            np.greater_equal(words[: keep.size].reshape(keep.shape), limit, out=keep)
        mask = torch.from_numpy(self._keep).to(self._mask.device)
        return torch.mul(mask, self._scale, out=self._mask)
