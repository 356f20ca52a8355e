"""The gateway's record of studies, cohorts and trials: an event log per study, and its fold."""

from services.gateway.ledger.decisions.descriptions import Description
from services.gateway.ledger.ledger import Ledger
from services.gateway.ledger.views import (
    ActivityPage,
    AddedDesigns,
    CohortPage,
    CurvePoint,
    KnownDesign,
    StudyPage,
    StudyQuery,
    StudyVerb,
    StudyView,
    TrialPage,
    TrialQuery,
    TrialSelection,
)
from services.gateway.ledger.work import Work

__all__ = [
    "ActivityPage",
    "AddedDesigns",
    "CohortPage",
    "CurvePoint",
    "Description",
    "KnownDesign",
    "Ledger",
    "StudyPage",
    "StudyQuery",
    "StudyVerb",
    "StudyView",
    "TrialPage",
    "TrialQuery",
    "TrialSelection",
    "Work",
]
