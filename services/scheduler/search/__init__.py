"""Searchers: each chooses the designs of a study, from its seed and what the ledger knows."""

from services.scheduler.search.choosing import ASKED, LEARNING, build_searcher
from services.scheduler.search.searcher import KnownTrials, Searcher
from services.scheduler.search.wish import Wish

__all__ = ["ASKED", "LEARNING", "KnownTrials", "Searcher", "Wish", "build_searcher"]
