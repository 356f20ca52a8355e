"""A study's trials in any order, page by page, while they change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from heapq import nlargest, nsmallest
from operator import attrgetter, itemgetter
from typing import Final, TypeAlias

from layerlab.domain.design import DESIGN_FIELDS
from layerlab.domain.json_value import JsonValue
from layerlab.domain.metric import Metric
from layerlab.domain.problem import InvalidInput
from layerlab.domain.study import Trial
from layerlab.domain.trial import TrialState
from services.gateway.ledger.pages import check_page_size, decode_token, encode_token, invalid_token
from services.gateway.ledger.trial_filters import parse_conditions, parse_words
from services.gateway.ledger.views import TrialPage, TrialQuery

# What JSON can say and Python can order; one kind for each field.
Key: TypeAlias = str | float | list[int]
_Place: TypeAlias = tuple[Key | None, int]


def _score(name: str, metric: Metric) -> Callable[[Trial], object]:
    """A score as its utility, with what breaks its ties: only what succeeded can lead; then, as in
    `Standing`, the smaller network is the better.
    """

    def read(trial: Trial) -> object:
        score: float | None = getattr(trial, name)
        if score is None:
            return None
        succeeded = trial.state is TrialState.SUCCEEDED
        return [metric.utility(score), int(succeeded), -(trial.n_params or 0)]

    return read


_READ: Final[Mapping[str, Callable[[Trial], object]]] = {
    **{each.name: attrgetter(each.name) for each in fields(Trial) if each.name != "design"},
    **{name: attrgetter(f"design.{name}") for name in ("n_layers", *DESIGN_FIELDS)},
}
_SCORES: Final = ("score_val", "score_test")
ORDERS: Final = tuple(sorted(_READ))


def page_of_trials(trials: Iterable[Trial], query: TrialQuery, metric: Metric) -> TrialPage:
    """The token names the last trial of the page and its value, not a position: what is added
    or moves meanwhile neither repeats nor hides a trial that stays where it is.

    :raises InvalidInput: `invalid_page_size`, `unknown_order`, `invalid_page_token`,
        `invalid_condition`.
    """
    check_page_size(query.page_size)
    read, descending = _order(query, metric)
    chosen = {each.number: each for each in choose_trials(trials, query)}
    places = [(_key(read(each)), number) for number, each in chosen.items()]
    if query.page_token:
        last = _read_token(query)
        try:
            places = [each for each in places if _comes_after(each, last, descending)]
        except TypeError:
            # A forged token, with a value of another kind than the field's.
            raise invalid_token() from None
    # One more than the page, to see whether there are more.
    first = _first(places, query.skip + query.page_size + 1, descending)[query.skip :]
    page = first[: query.page_size]
    token = _token(query, page[-1]) if len(first) > len(page) else ""
    return TrialPage(tuple(chosen[number] for _, number in page), token, len(chosen))


def _order(query: TrialQuery, metric: Metric) -> tuple[Callable[[Trial], object], bool]:
    """What to order by, and whether descending."""
    name, descending = query.order_by.removeprefix("-"), query.order_by.startswith("-")
    if name not in _READ:
        raise InvalidInput(
            "unknown_order",
            f"Trials can't be ordered by {name!r}.",
            hint=f"Order by one of {', '.join(ORDERS)}, with - before it for descending.",
            field="order_by",
        )
    return (_score(name, metric) if name in _SCORES else _READ[name]), descending


def sort_trials(trials: Iterable[Trial], query: TrialQuery, metric: Metric) -> list[Trial]:
    """All that the query matches, in its order; pages don't count.

    :raises InvalidInput: `unknown_order`, `invalid_condition`.
    """
    chosen = {each.number: each for each in choose_trials(trials, query)}
    read, descending = _order(query, metric)
    places = [(_key(read(each)), number) for number, each in chosen.items()]
    return [chosen[number] for _, number in _first(places, len(places), descending)]


def choose_trials(trials: Iterable[Trial], query: TrialQuery) -> list[Trial]:
    """What the query matches, in the order of `trials`.

    :raises InvalidInput: `invalid_condition`.
    """
    holds, says = parse_conditions(query.where), parse_words(query.text)
    return [
        each
        for each in trials
        if (not query.states or each.state in query.states)
        and (not query.purposes or each.purpose in query.purposes)
        and holds(each)
        and says(each)
    ]


def _first(places: Iterable[_Place], count: int, descending: bool) -> list[_Place]:
    """In order: by value, then by number; those without a value come last either way.

    A study may have tens of thousands of trials, and a page has a hundred: no full sort.
    """
    known: list[_Place] = []
    unknown: list[_Place] = []
    for place in places:
        (unknown if place[0] is None else known).append(place)
    if descending:
        first = nlargest(count, known, key=lambda place: (place[0], -place[1]))
    else:
        first = nsmallest(count, known)
    return first + nsmallest(count - len(first), unknown, key=itemgetter(1))


def _comes_after(place: _Place, last: _Place, descending: bool) -> bool:
    (key, number), (last_key, last_number) = place, last
    if key is None or last_key is None:
        return key is None and (last_key is not None or number > last_number)
    if key == last_key:
        return number > last_number
    return (key < last_key) is descending  # type: ignore[operator]  # Keys of one field.


def _key(value: object) -> Key | None:
    if value is None or isinstance(value, (str, list, int, float)):
        return value
    if isinstance(value, datetime):
        return value.timestamp()
    assert isinstance(value, tuple)
    return list(value)


def _token(query: TrialQuery, place: _Place) -> str:
    return encode_token([*_asked(query), *place])


def _read_token(query: TrialQuery) -> _Place:
    match decode_token(query.page_token):
        case [*asked, None | str() | int() | float() | list() as key, int(number)]:
            if asked == _asked(query):
                return key, number
            raise invalid_token("It belongs to another order, or to other filters.")
    raise invalid_token()


def _asked(query: TrialQuery) -> list[JsonValue]:
    asked: list[JsonValue] = [query.order_by, sorted(query.states), sorted(query.purposes)]
    return [*asked, list(query.where), query.text]
