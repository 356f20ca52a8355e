"""Baselines: what a network has to beat."""

from __future__ import annotations

from enum import StrEnum


class Baseline(StrEnum):
    """`constant`: the majority class, or the mean. `linear`: logistic or ridge regression.
    `trees`: gradient-boosted trees on histograms.
    """

    CONSTANT = "constant"
    LINEAR = "linear"
    TREES = "trees"
