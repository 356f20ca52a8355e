"""The headline of a verdict, and the sentences that a user can repeat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from layerlab.domain.verdict import Contender, Effect, Outcome, Relation
from services.scheduler.analysis.finals import Finals
from services.scheduler.analysis.wording import say_score

_MOST_LISTED: Final = 3
WHAT_A_REPEAT_IS: Final = (
    "A repeat trains again with a new seed and a new division of the rows that are not test rows."
)


def say_headline(finals: Finals, winner: Contender, is_final: bool) -> str:
    """One line; interim ones say "yet"."""
    if finals.round == 0:
        if winner.score_val is None:
            return f"{winner.name} leads (one run each: no interval)"
        score = say_score(finals.court.metric, winner.score_val)
        return f"{winner.name} leads with {score} (one run each: no interval)"
    best = finals.best_baseline
    if finals.outcome is Outcome.NO_BETTER_THAN_BASELINE:
        name = _unbeaten_baseline(finals)
        return f"no design beats {name}" if is_final else f"no design beats {name} yet"
    text = _among_designs(finals, winner)
    if best is not None and best.relation is Relation.UNDECIDED:
        text = f"{text}; no design is known to beat {best.second}"
    return text


def say_all(
    finals: Finals,
    contenders: Sequence[Contender],
    effects: Sequence[Effect],
    advice: str,
) -> tuple[str, ...]:
    """Each stands alone; those of rivals, of baselines, of the rest, in this order."""
    by_name = {each.name: each for each in contenders}
    winner = by_name[finals.names[0]]
    said = [each.sentence for each in finals.rivals] if finals.round else []
    said.extend(_of_ties(finals))
    said.extend(each.sentence for each in finals.baselines if finals.round)
    said.extend(_of_scores(finals, winner))
    said.extend(_of_smallest(finals, by_name))
    said.extend(_of_tests(finals, contenders))
    said.extend(each.sentence for each in effects)
    if effects:
        said.append("Each interval of a change is 95 % by itself: of twenty, one may miss.")
    if advice:
        said.append(advice)
    if finals.round:
        said.append(WHAT_A_REPEAT_IS)
    return tuple(said)


def _unbeaten_baseline(finals: Finals) -> str:
    """That which the headline is about: the constant, if not even that is beaten."""
    if finals.beats_constant is False:
        return finals.baseline_names[0]
    losing = [each for each in finals.baselines if each.relation is Relation.LOSES]
    return min(losing, key=lambda each: each.difference or 0.0).second


def _among_designs(finals: Finals, winner: Contender) -> str:
    if finals.ruling.standing > 1:
        return _say_tie(finals)
    nearest = next((each for each in finals.rivals if each.relation is Relation.BEATS), None)
    if nearest is not None:
        return nearest.sentence
    if winner.mean is None:
        return f"{winner.name} is the best"
    score = say_score(finals.court.metric, winner.mean, winner.interval)
    alone = "is the only design in the finals" if not finals.rivals else "is the best"
    return f"{winner.name} {alone}: {score}"


def _say_tie(finals: Finals) -> str:
    first, *others = finals.tied
    if finals.survivors or not finals.ruling.alike:
        return f"cannot tell {first} from {_listed(others)} yet"
    return f"{first} and {_listed(others)} are equivalent in practice"


def _of_ties(finals: Finals) -> list[str]:
    return [_say_tie(finals)] if finals.round and len(finals.tied) > 2 else []


def _of_scores(finals: Finals, winner: Contender) -> list[str]:
    if winner.mean is None:
        return []
    score = say_score(finals.court.metric, winner.mean, winner.interval)
    return [f"{winner.name} is expected to reach {score} on new rows"]


def _of_smallest(finals: Finals, by_name: dict[str, Contender]) -> list[str]:
    if finals.smallest is None or not finals.rivals:
        return []
    small, winner = by_name[finals.smallest], by_name[finals.names[0]]
    if small is winner:
        return [f"the smallest design within one standard error: {small.name}, the winner itself"]
    text = f"the smallest design within one standard error: {small.name}"
    if winner.n_params and small.n_params:
        ratio = winner.n_params / small.n_params
        shown = f"{ratio:.0f}" if ratio >= 3 else f"{ratio:.1f}"
        if float(shown) > 1:
            text = f"{text}, {shown} × fewer parameters"
    return [text]


def _of_tests(finals: Finals, contenders: Sequence[Contender]) -> list[str]:
    return [
        f"{each.name} has {say_score(finals.court.metric, each.score_test, each.test_interval)}"
        " on the test rows, touched once"
        for each in contenders
        if each.score_test is not None
    ]


def _listed(names: Sequence[str]) -> str:
    if len(names) > _MOST_LISTED:
        return f"{', '.join(names[:2])} or {len(names) - 2} others"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
