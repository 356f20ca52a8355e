"""Everything that the SDK raises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from layerlab.client.study import Study


class LayerLabError(Exception):
    """Base of every error of this package."""


class ServerUnreachable(LayerLabError):
    """Nobody answers at the server's address, or the connection broke and stayed broken."""


class RequestFailed(LayerLabError):
    """The server has answered with a problem document (RFC 9457).

    `code` is stable and meant for programs; `problem` is the whole document, with `hint`, `field`
    and `location` where they apply.
    """

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        self.status = status
        self.problem = problem
        self.code = str(problem.get("code", ""))
        self.detail = str(problem.get("detail") or problem.get("title") or f"HTTP {status}")
        self.hint = str(problem.get("hint", ""))
        super().__init__(" ".join(filter(None, (self.detail, self.hint))))


class NotFound(RequestFailed):
    """There is no such thing, or not for this caller."""


class StudyFailed(LayerLabError):
    """The study that was waited for has ended as FAILED or CANCELLED."""

    def __init__(self, study: Study) -> None:
        self.study = study
        super().__init__(
            f"Study {study.study_id} has ended as {study.state}. {study.detail}".strip()
        )


class EvaluationFailed(LayerLabError):
    """The trial could not be evaluated; asked again, it is tried again."""


class WaitTimeout(LayerLabError):
    """What was waited for goes on, but the time to wait for it is over."""
