"""The gateway's record of studies, cohorts and trials: an event log per study, and its fold."""

from services.gateway.ledger.ledger import Ledger
from services.gateway.ledger.views import (
    CohortPage,
    CurvePoint,
    StudyPage,
    StudyVerb,
    StudyView,
    TrialPage,
    TrialQuery,
)

__all__ = [
    "CohortPage",
    "CurvePoint",
    "Ledger",
    "StudyPage",
    "StudyVerb",
    "StudyView",
    "TrialPage",
    "TrialQuery",
]
