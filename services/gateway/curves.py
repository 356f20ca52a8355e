"""Learning curves of a length that somebody can use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from layerlab.domain.problem import InvalidInput
from services.gateway.ledger import CurvePoint

FEWEST_POINTS: Final = 3


def thin_curve(
    curve: Sequence[CurvePoint], most: int, best_epoch: int | None
) -> tuple[CurvePoint, ...]:
    """At most `most` of the points (0: all), evenly chosen, with both ends and the best epoch.

    :raises InvalidInput: `invalid_max_points`, for 1, 2 and what is below 0.
    """
    if most and most < FEWEST_POINTS:
        raise InvalidInput(
            "invalid_max_points",
            f"A curve has at least {FEWEST_POINTS} points, not {most}.",
            hint="Leave it out, or say 0, for all of them.",
            field="max_points",
        )
    last = len(curve) - 1
    if not most or last < most:
        return tuple(curve)
    places = [place * last // (most - 1) for place in range(most)]
    best = next((at for at, point in enumerate(curve) if point.epoch == best_epoch), None)
    if best is not None and best not in places:
        # In the place of the nearest one that is no end.
        nearest = min(range(1, most - 1), key=lambda at: abs(places[at] - best))
        places[nearest] = best
    return tuple(curve[place] for place in places)
