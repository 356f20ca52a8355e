"""The Python SDK: `with Client() as c: c.studies.create("table.csv", target="y").wait()`."""

from layerlab.client.client import Client
from layerlab.client.documents import (
    Cohort,
    CohortStats,
    Column,
    Dataset,
    Design,
    Event,
    Progress,
    Trial,
)
from layerlab.client.errors import (
    LayerLabError,
    NotFound,
    RequestFailed,
    ServerUnreachable,
    StudyFailed,
    WaitTimeout,
)
from layerlab.client.leaderboard import Leaderboard
from layerlab.client.study import Study

__all__ = [
    "Client",
    "Cohort",
    "CohortStats",
    "Column",
    "Dataset",
    "Design",
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
    "WaitTimeout",
]
