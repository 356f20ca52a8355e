from __future__ import annotations

import random
from dataclasses import replace

from layerlab.domain.design import Activation, Design, Norm, Optimizer
from services.scheduler.analysis.names import name_designs

WIDE = Design((64, 64))


def test_widths_name_a_design() -> None:
    designs = [Design((128, 128, 128)), Design((64, 32, 16)), Design((32,)), Design(())]

    assert name_designs(designs) == ["3 × 128", "64-32-16", "1 × 32", "no hidden layer"]


def test_designs_of_equal_widths_are_told_apart_by_as_few_words_as_it_takes() -> None:
    tanh = replace(WIDE, activation=Activation.TANH, learning_rate=0.01)
    normed = replace(tanh, norm=Norm.BATCH)

    assert name_designs([WIDE, tanh, normed, Design((8,))]) == [
        "2 × 64 relu, no norm",
        "2 × 64 tanh, no norm",
        "2 × 64 tanh, batch norm",
        "1 × 8",
    ]


def test_rates_that_are_alike_when_rounded_get_more_digits() -> None:
    close = [replace(WIDE, learning_rate=rate) for rate in (0.001, 0.0010000001, 0.00101)]

    assert len(set(name_designs(close))) == 3


def test_no_two_names_are_alike_and_none_depends_on_the_others_order() -> None:
    draw = random.Random(3)
    designs = list(
        {
            replace(
                WIDE,
                activation=draw.choice(list(Activation)),
                optimizer=draw.choice(list(Optimizer)),
                dropout=draw.choice([0.0, 0.1, 0.2]),
                learning_rate=10 ** draw.uniform(-4, -2),
                residual=draw.random() < 0.5,
            )
            for _ in range(60)
        }
    )
    named = dict(zip(designs, name_designs(designs), strict=True))
    assert len(set(named.values())) == len(designs)

    draw.shuffle(designs)
    assert dict(zip(designs, name_designs(designs), strict=True)) == named
