"""The Python SDK: `with Client() as c: c.studies.create("table.csv", target="y").wait()`."""

from layerlab.client.client import Client
from layerlab.client.documents import (
    AddedDesigns,
    Cohort,
    CohortStats,
    Column,
    Dataset,
    Design,
    Estimate,
    Event,
    Progress,
    Trial,
    Verification,
)
from layerlab.client.errors import (
    EvaluationFailed,
    LayerLabError,
    NotFound,
    RequestFailed,
    ServerUnreachable,
    StudyFailed,
    WaitTimeout,
)
from layerlab.client.leaderboard import Leaderboard
from layerlab.client.study import Study
from layerlab.domain.evaluation import Evaluation
from layerlab.domain.verdict import Verdict

__all__ = [
    "AddedDesigns",
    "Client",
    "Cohort",
    "CohortStats",
    "Column",
    "Dataset",
    "Design",
    "Estimate",
    "Evaluation",
    "EvaluationFailed",
    "Event",
    "LayerLabError",
    "Leaderboard",
    "NotFound",
    "Progress",
    "RequestFailed",
    "ServerUnreachable",
    "Study",
    "StudyFailed",
    "Trial",
    "Verdict",
    "Verification",
    "WaitTimeout",
]
