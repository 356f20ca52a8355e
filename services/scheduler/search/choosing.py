"""Which searcher a study gets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from layerlab.domain.spec import Search, StudySpec
from services.scheduler.search.drawing import RandomSearcher
from services.scheduler.search.grid import GridSearcher
from services.scheduler.search.searcher import Searcher

_SEARCHERS: Final[Mapping[Search, Callable[[StudySpec], Searcher]]] = {
    Search.RANDOM: lambda spec: RandomSearcher(spec.space, spec.seed),
    Search.GRID: lambda spec: GridSearcher(spec.space, spec.seed),
}


def build_searcher(spec: StudySpec) -> Searcher:
    return _SEARCHERS[spec.search](spec)
