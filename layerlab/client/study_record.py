"""What is known of a study, read from its document."""

from __future__ import annotations

from typing import Any, Final

from layerlab.client.documents import Progress, read_progress

END_STATES: Final = frozenset({"SUCCEEDED", "FAILED", "CANCELLED"})


class StudyRecord:
    """`document` is what was last heard, as the server says it."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document

    @property
    def study_id(self) -> str:
        return str(self.document["study_id"])

    @property
    def name(self) -> str:
        return str(self.document.get("name") or "")

    @property
    def state(self) -> str:
        return str(self.document["state"])

    @property
    def detail(self) -> str:
        """Why it ended or failed, for people."""
        return str(self.document.get("detail") or "")

    @property
    def metric(self) -> str:
        """What scores are. Of log_loss, rmse and mae the lower is the better."""
        return str(self.document["metric"])

    @property
    def ended(self) -> bool:
        return self.state in END_STATES

    @property
    def progress(self) -> Progress:
        return read_progress(self.document["progress"])

    @property
    def note(self) -> str:
        """Its users' own words."""
        return str(self.document.get("note") or "")

    @property
    def tags(self) -> tuple[str, ...]:
        return tuple(self.document.get("tags") or ())

    @property
    def is_deleted(self) -> bool:
        """It is in no list, until it is restored."""
        return self.document.get("deleted_at") is not None
