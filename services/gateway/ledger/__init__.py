"""The gateway's record of studies, cohorts and trials: an event log per study, and its fold."""

from services.gateway.ledger.ledger import Ledger
from services.gateway.ledger.views import (
    CurvePoint,
    StudyPage,
    StudyVerb,
    StudyView,
    TrialPage,
    TrialQuery,
)

__all__ = [
    "CurvePoint",
    "Ledger",
    "StudyPage",
    "StudyVerb",
    "StudyView",
    "TrialPage",
    "TrialQuery",
]
