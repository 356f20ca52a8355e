"""A study's verdict as it is asked for: there, not there yet, or never to be."""

from __future__ import annotations

from layerlab.domain.json_value import JsonValue
from layerlab.domain.problem import NotFound
from layerlab.domain.spec import VerdictMode
from layerlab.domain.study import Study
from layerlab.domain.verdict import Verdict
from layerlab.domain.verdict_document import verdict_to_json


def verdict_of(study: Study) -> Verdict:
    """The last one reached.

    :raises NotFound: `no_verdict_yet`; `no_verdict`, when there will be none.
    """
    if study.verdict is not None:
        return study.verdict
    if study.spec.verdict is VerdictMode.OFF:
        raise NotFound(
            "no_verdict",
            f"Study {study.study_id} was created without a verdict.",
            hint='Create it again with `"verdict": "auto"`.',
        )
    if study.state.is_terminal:
        raise NotFound(
            "no_verdict",
            f"Study {study.study_id} has ended as {study.state} before there was a verdict.",
            hint="Create it again, with more time or more trials.",
        )
    raise NotFound(
        "no_verdict_yet",
        f"Study {study.study_id} is {study.state}: it has not compared its best designs yet.",
        hint="Ask again later, or wait for the event `study.verdict_reached`.",
    )


def verdict_document(study: Study) -> dict[str, JsonValue]:
    """:raises NotFound: as `verdict_of`."""
    verdict = verdict_to_json(verdict_of(study))
    return {"study_id": study.study_id, "state": study.state.value, **verdict}
