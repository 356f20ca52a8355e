"""Pages of a study's cohorts."""

from __future__ import annotations

from collections.abc import Iterable

from layerlab.domain.study import Cohort, Purpose
from services.gateway.ledger.pages import (
    check_page_size,
    decode_token,
    encode_token,
    invalid_token,
)
from services.gateway.ledger.views import CohortPage


def page_of_cohorts(cohorts: Iterable[Cohort], size: int, token: str) -> CohortPage:
    """In the order of registration, which their ids follow; the test of finalists is the last.

    :raises InvalidInput: `invalid_page_size`, `invalid_page_token`.
    """
    check_page_size(size)
    ordered = sorted((_place(each), each) for each in cohorts)
    after = _read_token(token) if token else None
    fresh = [each for place, each in ordered if after is None or place > after]
    page = fresh[:size]
    more = len(fresh) > len(page)
    return CohortPage(
        tuple(page), encode_token(list(_place(page[-1]))) if more else "", len(ordered)
    )


def _place(cohort: Cohort) -> tuple[bool, int, str]:
    # Numbers of more than four digits make longer ids.
    return cohort.purpose is Purpose.TEST, len(cohort.cohort_id), cohort.cohort_id


def _read_token(token: str) -> tuple[bool, int, str]:
    match decode_token(token):
        case [bool(is_test), int(length), str(cohort_id)]:
            return is_test, length, cohort_id
    raise invalid_token()
