"""The gateway's record of studies, cohorts and trials: an event log per study, and its fold."""

from services.gateway.ledger.ledger import Ledger
from services.gateway.ledger.views import (
    AddedDesigns,
    CohortPage,
    CurvePoint,
    KnownDesign,
    StudyPage,
    StudyVerb,
    StudyView,
    TrialPage,
    TrialQuery,
)

__all__ = [
    "AddedDesigns",
    "CohortPage",
    "CurvePoint",
    "KnownDesign",
    "Ledger",
    "StudyPage",
    "StudyVerb",
    "StudyView",
    "TrialPage",
    "TrialQuery",
]
