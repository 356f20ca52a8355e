"""Searchers: each chooses the designs of a study, from its seed and what the ledger knows."""

from services.scheduler.search.choosing import build_searcher
from services.scheduler.search.searcher import KnownTrials, Searcher

__all__ = ["KnownTrials", "Searcher", "build_searcher"]
