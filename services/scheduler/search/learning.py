"""Designs for a wish.

Nothing is kept from one wish to the next: each begins with an empty Optuna study in memory, which
is told what the wish knows. Only the scheduler's thinking child imports this.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

import optuna

from layerlab.domain.design import Design
from layerlab.domain.spec import Search, StudySpec
from layerlab.domain.study import Study
from services.scheduler.search.choosing import build_searcher
from services.scheduler.search.coding import Coding
from services.scheduler.search.filtering import design_filter
from services.scheduler.search.guides import Guide
from services.scheduler.search.outcomes import Outcome, outcomes
from services.scheduler.search.samplers import build_guide, most_known
from services.scheduler.search.searcher import KnownTrials
from services.scheduler.search.sobol import SobolGuide
from services.scheduler.search.wish import Wish
from services.scheduler.sizing import ORDINARY_TABLE

# How often it is asked again for a design that is allowed and not used yet. After that, one is
# drawn at random: the sampler has come to a point.
_TRIES: Final = 8


def propose(study: Study, wish: Wish) -> list[Design]:
    """A design for each of the wish's numbers; fewer: the space has no more.

    :raises InvalidInput: when the space can't be searched this way.
    """
    spec = study.spec
    used = {trial.design for trial in wish.trials} | set(wish.pending)
    is_allowed = design_filter(spec, study.table)
    drawn = build_searcher(spec, study.table)
    guide = _guide(study, wish)
    found: list[Design] = []
    for number in wish.numbers:
        tries = (guide.next(number) for _ in range(_TRIES))
        fitting = (each for each in tries if each not in used and is_allowed(each))
        design = next(fitting, None)
        if design is None:
            rest = drawn.propose([number], KnownTrials(), used)
            if not rest:
                break
            design = rest[0]
        used.add(design)
        found.append(design)
    return found


def _guide(study: Study, wish: Wish) -> Guide:
    spec, coding = study.spec, Coding(study.spec.space)
    if spec.search is Search.QUASI_RANDOM:
        return SobolGuide(coding, spec.seed, wish.numbers)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    known = outcomes(wish.trials, spec.metric, study.table or ORDINARY_TABLE)
    guide = build_guide(spec.search, coding, _seed(spec, wish))
    guide.tell(_informative(known, most_known(spec.search)), wish.pending)
    return guide


def _informative(known: Sequence[Outcome], most: int) -> list[Outcome]:
    """The better half of them of the best, the others of the latest; in the order of numbers."""
    if len(known) <= most:
        return list(known)
    best = sorted(known, key=lambda each: (-each.score, each.number))[: most // 2]
    chosen = {each.number for each in best}
    rest = [each for each in known if each.number not in chosen]
    return sorted([*best, *rest[-(most - len(best)) :]], key=lambda each: each.number)


def _seed(spec: StudySpec, wish: Wish) -> int:
    """Below 2^32, as numpy wants it."""
    text = f"{spec.search}/{spec.seed}/{wish.numbers[0]}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
