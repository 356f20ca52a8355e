"""Why a store that can be reached is not opened all the same."""

from __future__ import annotations


class NewerSchema(RuntimeError):
    """It was written by a later version of LayerLab, which this one might harm."""
