"""Worlds whose truth is known: scores of contenders over the repeats of a study's finals.

In both a study has up to four rounds of five folds. `scores` are accuracies or the like: shape
(studies, contenders, repeats); `truth`: each contender's expected score, shape (contenders,).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
FOLDS = 5
PARTITIONS = 4


@dataclass(frozen=True)
class World:
    scores: Floats
    truth: Floats
    learning_rows: int = 0


def gaussian_world(
    studies: int, means: Sequence[float], noise: Sequence[float], seed: int
) -> World:
    """Of a design's score: a fold's difficulty for all, luck with the table in all repeats, and
    what a fold and a seed do to it alone, with a standard deviation of `noise` in all.

    Luck with the table makes any two repeats correlate by 1 / folds: Nadeau and Bengio's model at
    its edge, where the interval has no reserve.
    """
    rng = np.random.default_rng(seed)
    count, repeats = len(means), FOLDS * PARTITIONS
    deviation = np.array(noise)[None, :, None]
    fold = 0.05 * rng.standard_normal((studies, 1, repeats))
    table = np.sqrt(1 / FOLDS) * rng.standard_normal((studies, count, 1))
    alone = np.sqrt(1 - 1 / FOLDS) * rng.standard_normal((studies, count, repeats))
    truth = np.array(means)
    return World(truth[None, :, None] + fold + deviation * (table + alone), truth)


Learner: TypeAlias = Callable[[np.random.Generator, Floats], Callable[[Floats], Floats]]
"""Draws its seed for some tables of features, and answers with what it makes of rows."""


def linear(*columns: int) -> Learner:
    """Sees some columns alone. No column: it says what most training rows are."""
    return lambda rng, rows: lambda features: _with_one(features[..., list(columns)])


def random_features(count: int) -> Learner:
    """A network with one hidden layer of random weights (tanh): each seed is another network."""

    def draw(rng: np.random.Generator, rows: Floats) -> Callable[[Floats], Floats]:
        studies, _, width = rows.shape
        weights = 1.5 * rng.standard_normal((studies, width, count)) / np.sqrt(width)
        biases = rng.standard_normal((studies, 1, count))
        return lambda features: _with_one(np.tanh(features @ weights + biases))

    return draw


def learnt_world(
    studies: int,
    rows: int,
    shift: Sequence[float],
    learners: Sequence[Learner],
    seed: int,
) -> World:
    """Each study has a table of `rows` learning rows of two classes, equally likely, whose features
    are normal and differ by twice `shift` between the classes. Learners are least squares on what
    they make of the features. The truth is measured on fresh rows, after learning from as many
    rows of other tables of this world as a repeat learns from.
    """
    rng = np.random.default_rng(seed)
    features, labels = _draw(rng, studies, rows, shift)
    scores = np.empty((studies, len(learners), FOLDS * PARTITIONS))
    for partition in range(PARTITIONS):
        order = rng.permuted(np.tile(np.arange(rows), (studies, 1)), axis=1)
        folds = order.reshape(studies, FOLDS, rows // FOLDS)
        for fold in range(FOLDS):
            validation = folds[:, fold]
            train = np.delete(folds, fold, axis=1).reshape(studies, -1)
            for index, learner in enumerate(learners):
                scores[:, index, partition * FOLDS + fold] = _fit_and_score(
                    rng,
                    learner,
                    *_take(features, labels, train),
                    *_take(features, labels, validation),
                )
    truth = _measure(rng, rows - rows // FOLDS, shift, learners)
    return World(scores, truth, rows)


def _measure(
    rng: np.random.Generator, rows: int, shift: Sequence[float], learners: Sequence[Learner]
) -> Floats:
    """Over 4,000 tables and 200 fresh rows each: to 0.1 points or so."""
    total = np.zeros(len(learners))
    for _ in range(8):
        features, labels = _draw(rng, 500, rows, shift)
        fresh, answers = _draw(rng, 500, 200, shift)
        for index, learner in enumerate(learners):
            total[index] += _fit_and_score(rng, learner, features, labels, fresh, answers).mean()
    return total / 8


def _draw(
    rng: np.random.Generator, tables: int, rows: int, shift: Sequence[float]
) -> tuple[Floats, Floats]:
    labels = np.where(rng.random((tables, rows)) < 0.5, 1.0, -1.0)
    features = rng.standard_normal((tables, rows, len(shift))) + labels[..., None] * np.array(shift)
    return features, labels


def _take(features: Floats, labels: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
    tables = np.arange(len(rows))[:, None]
    return features[tables, rows], labels[tables, rows]


def _fit_and_score(
    rng: np.random.Generator,
    learner: Learner,
    features: Floats,
    labels: Floats,
    fresh: Floats,
    answers: Floats,
) -> Floats:
    """Accuracies on `fresh` rows, one a table."""
    see = learner(rng, features)
    seen = see(features)
    gram = seen.transpose(0, 2, 1) @ seen + 1e-2 * np.eye(seen.shape[2])
    weights = np.linalg.solve(gram, seen.transpose(0, 2, 1) @ labels[..., None])
    guesses = np.where((see(fresh) @ weights)[..., 0] > 0, 1.0, -1.0)
    accuracy: Floats = (guesses == answers).mean(axis=1)
    return accuracy


def _with_one(features: Floats) -> Floats:
    return np.concatenate([features, np.ones_like(features[..., :1])], axis=-1)
