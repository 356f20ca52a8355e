"""Pages: any order, any size, while the study grows."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import replace

import pytest

from layerlab.domain.design import Activation, Design
from layerlab.domain.exchange import ReportBatch
from layerlab.domain.metric import Metric
from layerlab.domain.problem import InvalidInput
from layerlab.domain.spec import Engine
from layerlab.domain.study import Trial, standing
from layerlab.domain.trial import StudyState, TrialState
from services.gateway.ledger import StudyQuery, TrialPage, TrialQuery
from services.gateway.ledger.trials import ORDERS, page_of_trials
from tests.unit.gateway_ledger.world import START, World, a_spec, an_end


def a_trial(number: int, score: float | None = None, hidden: tuple[int, ...] = (8,)) -> Trial:
    state = TrialState.PENDING if score is None else TrialState.SUCCEEDED
    return Trial(
        number, Design(hidden), 1, Engine.FUSED, "c1", state, score_val=score, created_at=START
    )


def page_of(
    trials: Iterable[Trial], query: TrialQuery, metric: Metric = Metric.ACCURACY
) -> TrialPage:
    return page_of_trials(trials, query, metric)


TRIALS = [
    a_trial(1, 0.5, (64, 64)),
    a_trial(2),
    a_trial(3, 0.9, (128,)),
    a_trial(4, 0.5, (16, 16, 16)),
    a_trial(5),
]


def numbers(page: TrialPage) -> list[int]:
    return [trial.number for trial in page.trials]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("-score_val", [3, 1, 4, 2, 5]),
        ("score_val", [1, 4, 3, 2, 5]),
        ("-number", [5, 4, 3, 2, 1]),
        ("n_layers", [2, 3, 5, 1, 4]),
        ("-hidden", [3, 1, 4, 2, 5]),
        ("state", [2, 5, 1, 3, 4]),
        ("created_at", [1, 2, 3, 4, 5]),
        ("-learning_rate", [1, 2, 3, 4, 5]),
    ],
)
def test_trials_come_in_order_those_without_a_value_last_equals_by_number(
    order: str, expected: list[int]
) -> None:
    page = page_of(TRIALS, TrialQuery(order_by=order))

    assert numbers(page) == expected
    assert (page.total_size, page.next_page_token) == (5, "")


def test_of_equal_scores_the_smaller_network_leads_as_in_the_ranking() -> None:
    sizes = {1: 900, 4: 50, 6: 50, 7: 400}
    trials = [replace(a_trial(number, 0.5), n_params=size) for number, size in sizes.items()]

    best_first = page_of([*trials, a_trial(3, 0.9)], TrialQuery(page_size=9))

    assert numbers(best_first) == [3, 4, 6, 7, 1]
    places = [standing(each, Metric.ACCURACY) for each in best_first.trials]
    ranked = sorted(filter(None, places), key=lambda each: each.rank)
    assert [each.number for each in ranked] == numbers(best_first)


@pytest.mark.parametrize("order", [*ORDERS, *(f"-{name}" for name in ORDERS)])
def test_pages_put_together_are_the_whole_in_every_order(order: str) -> None:
    varied = [replace(a_trial(n, n / 7), design=Design((n,), Activation.TANH)) for n in range(6, 9)]
    whole = numbers(page_of([*TRIALS, *varied], TrialQuery(order_by=order)))
    query, seen = TrialQuery(order_by=order, page_size=3), list[int]()
    while True:
        page = page_of([*TRIALS, *varied], query)
        seen += numbers(page)
        if not page.next_page_token:
            break
        query = replace(query, page_token=page.next_page_token)

    assert seen == whole


def test_a_trial_that_is_added_between_two_pages_moves_no_other() -> None:
    first = page_of(TRIALS, TrialQuery(page_size=2))
    assert numbers(first) == [3, 1]
    grown = [*TRIALS, a_trial(6, 0.95), a_trial(7, 0.1)]

    second = page_of(grown, TrialQuery(page_size=9, page_token=first.next_page_token))

    assert numbers(second) == [4, 7, 2, 5]
    assert second.total_size == 7


def test_the_page_goes_on_though_its_last_trial_has_moved() -> None:
    first = page_of(TRIALS, TrialQuery(page_size=2))
    moved = [replace(each, score_val=0.1) if each.number == 1 else each for each in TRIALS]

    second = page_of(moved, TrialQuery(page_token=first.next_page_token))

    assert numbers(second) == [4, 1, 2, 5]


def test_only_trials_in_the_states_asked_for_are_counted_and_shown() -> None:
    page = page_of(TRIALS, TrialQuery(page_size=1, states=frozenset({TrialState.SUCCEEDED})))

    assert (numbers(page), page.total_size) == ([3], 3)


@pytest.mark.parametrize("order", ["", "-", "design", "--number", "score", "__class__"])
def test_an_unknown_order_is_refused_with_the_known_ones(order: str) -> None:
    with pytest.raises(InvalidInput, match="unknown_order") as caught:
        page_of(TRIALS, TrialQuery(order_by=order))

    assert "score_val" in caught.value.hint
    assert caught.value.field == "order_by"


@pytest.mark.parametrize("size", [0, -1, 1001])
def test_a_page_size_out_of_range_is_refused(size: int) -> None:
    with pytest.raises(InvalidInput, match="invalid_page_size"):
        page_of(TRIALS, TrialQuery(page_size=size))


def forged(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "token",
    [
        "junk",
        "%%%",
        "ü",
        forged("{"),
        forged("7"),
        forged('["-score_val",[]]'),
        forged('["-score_val",[],"text",1]'),
        forged('["-score_val",[],["1"],1]'),
        forged('["-score_val",[],0.5,"1"]'),
        forged('["-score_val",[],{},1]'),
    ],
)
def test_a_token_that_was_not_made_here_is_refused(token: str) -> None:
    with pytest.raises(InvalidInput, match="invalid_page_token"):
        page_of(TRIALS, TrialQuery(page_token=token))


def test_a_token_belongs_to_its_query() -> None:
    token = page_of(TRIALS, TrialQuery(page_size=2)).next_page_token

    with pytest.raises(InvalidInput, match="invalid_page_token"):
        page_of(TRIALS, TrialQuery(order_by="number", page_token=token))
    with pytest.raises(InvalidInput, match="invalid_page_token"):
        page_of(TRIALS, TrialQuery(page_token=token, states=frozenset({TrialState.FAILED})))


async def test_studies_come_newest_first_page_by_page(world: World) -> None:
    made = []
    for index in range(5):
        # Two of them in one tick of the clock.
        world.store.turn(1 if index != 2 else 0)
        made.append((await world.ledger.create_study(a_spec())).study.study_id)

    for size in (1, 2, 3):
        seen, token = list[str](), ""
        while True:
            page = await world.ledger.list_studies(StudyQuery(size, token))
            seen += [view.study.study_id for view in page.studies]
            token = page.next_page_token
            if not token:
                break
        assert sorted(seen) == sorted(made)
        assert (seen[0], seen[-1]) == (made[-1], made[0])


async def test_many_studies_of_one_tick_are_all_listed_and_all_watched(world: World) -> None:
    made = {(await world.ledger.create_study(a_spec(1))).study.study_id for _ in range(7)}
    seen, token = list[str](), ""
    while True:
        page = await world.ledger.list_studies(StudyQuery(2, token))
        seen += [view.study.study_id for view in page.studies]
        token = page.next_page_token
        if not token:
            break

    assert (len(seen), set(seen)) == (7, made)


async def test_a_listed_study_says_what_it_says_alone(world: World) -> None:
    ended = await world.running_study()
    await world.succeeded(ended)
    await world.ledger.move_study(ended, StudyState.SUCCEEDED)
    world.store.turn(5)
    going_on = await world.running_study()
    ref = await world.queued_cohort(going_on)
    await world.claimed(ref)
    await world.report(ref, 1, ReportBatch(1, ends=(an_end(1),)))
    world.store.turn(5)

    page = await world.ledger.list_studies()

    assert list(page.studies) == [await world.ledger.get_study(each) for each in (going_on, ended)]


@pytest.mark.parametrize("token", ["junk", forged('["yesterday",[]]'), forged('["2026-01-01",[]]')])
async def test_a_token_of_no_list_of_studies_is_refused(world: World, token: str) -> None:
    with pytest.raises(InvalidInput, match="invalid_page_token"):
        await world.ledger.list_studies(StudyQuery(10, token))


async def test_a_page_of_studies_has_a_size(world: World) -> None:
    with pytest.raises(InvalidInput, match="invalid_page_size"):
        await world.ledger.list_studies(StudyQuery(0))


def test_of_equal_scores_what_succeeded_comes_before_what_a_rung_dropped() -> None:
    dropped = replace(a_trial(1, 0.5), state=TrialState.PRUNED, n_params=1)
    page = page_of([dropped, replace(a_trial(2, 0.5), n_params=9)], TrialQuery())
    assert numbers(page) == [2, 1]
