"""A study on the server, as an object to follow and to steer."""

from __future__ import annotations

import html
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal
from uuid import uuid4

from layerlab.client.documents import (
    AddedDesigns,
    Cohort,
    Event,
    Trial,
    Verification,
    read_added,
    read_cohort,
    read_trial,
    read_verification,
)
from layerlab.client.errors import StudyFailed, WaitTimeout
from layerlab.client.evaluations import EvaluatedRows, find_evaluation
from layerlab.client.events import EventStream
from layerlab.client.leaderboard import Leaderboard, build_leaderboard
from layerlab.client.progress import ProgressLine
from layerlab.client.study_record import StudyRecord
from layerlab.client.transport import Transport
from layerlab.domain.evaluation import Evaluation
from layerlab.domain.verdict import Verdict
from layerlab.domain.verdict_document import verdict_from_json

_REFRESH_SECONDS: Final = 0.5
_TRIALS_PER_PAGE: Final = 1000
# Of one request, well within its time.
_LONGEST_WAIT_SECONDS: Final = 20.0


class Study(StudyRecord):
    """What was last heard of one study; `refresh`, `wait` and the four verbs hear anew."""

    def __init__(self, transport: Transport, document: dict[str, Any]) -> None:
        super().__init__(document)
        self._transport = transport

    @property
    def best(self) -> Trial | None:
        """The leader; None until a trial has succeeded."""
        best = self.document.get("best")
        return read_trial(best, self) if best else None

    def refresh(self) -> Study:
        self.document = self._transport.get(self._path)
        return self

    def wait(self, progress: bool = False, timeout: float | None = None) -> Study:
        """Returns when the study has succeeded. `progress` shows a line on stderr.

        :raises StudyFailed: when it ends otherwise.
        :raises WaitTimeout: after `timeout` seconds; the study goes on.
        :raises ServerUnreachable: when the server stays away.
        """
        with ProgressLine(enabled=progress) as line:
            for _ in self.follow(timeout=timeout):
                line.show(self)
        if self.state != "SUCCEEDED":
            raise StudyFailed(self)
        return self

    def follow(self, timeout: float | None = None) -> Iterator[Study]:
        """Yields this study, refreshed, at most twice a second when something has changed.

        Ends after its end state was yielded.

        :raises WaitTimeout: after `timeout` seconds; the study goes on.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        yield self.refresh()
        with EventStream(self._transport, self.study_id, int(self.document["seq"])) as events:
            while not self.ended:
                changed = _drain(events, _REFRESH_SECONDS)
                if changed or events.ended:
                    yield self.refresh()
                if deadline is not None and time.monotonic() > deadline and not self.ended:
                    raise WaitTimeout(f"Study {self.study_id} is still {self.state}.")

    def events(self, after: int = 0) -> Iterator[Event]:
        """Every event after number `after`; reconnects, and ends only when the study has ended."""
        with EventStream(self._transport, self.study_id, after) as events:
            yield from events

    def verdict(self, wait: bool = False, timeout: float | None = None) -> Verdict:
        """Which design to use, and how sure one can be: the last verdict reached; with `wait`, the
        one at the study's end.

        :raises NotFound: `no_verdict_yet`; `no_verdict`, when there will be none.
        :raises WaitTimeout: after `timeout` seconds; the study goes on.
        """
        if wait:
            for _ in self.follow(timeout=timeout):
                pass
        return verdict_from_json(self._transport.get(f"{self._path}/verdict"))

    def add_designs(self, designs: Iterable[Mapping[str, Any]]) -> AddedDesigns:
        """Designs to try next, such as {"hidden": [64, 64]}; the rest has defaults.

        :raises RequestFailed: `search_is_over`, `no_trials_left`, `invalid_design`, …
        """
        request = {"designs": [dict(each) for each in designs]}
        return read_added(self._transport.post(f"{self._path}/trials", request, str(uuid4())))

    def receipt(self, number: int) -> dict[str, Any]:
        """What a trial's result depends on: dataset, split, recipe, design, seed, versions, …

        :raises NotFound: before its cohort has ended.
        """
        return self._transport.get(f"{self._path}/trials/{number}/receipt")

    def verify(self, number: int, timeout: float = 60.0) -> Verification:
        """Has the server train a trial again, and compares; waits for that, `timeout` seconds at
        most.

        :raises RequestFailed: `not_replayable`, for baselines and for what has no score.
        """
        path, deadline = f"{self._path}/trials/{number}", time.monotonic() + timeout
        found = self._transport.post(f"{path}:verify?wait=0", key=str(uuid4()))
        place = f"{path}/verifications/{found['verification_id']}"
        while found["state"] == "RUNNING" and (left := deadline - time.monotonic()) > 0:
            found = self._transport.get(place, {"wait": min(left, _LONGEST_WAIT_SECONDS)})
        return read_verification(found)

    def evaluation(
        self, number: int, timeout: float = 60.0, rows: EvaluatedRows | None = None
    ) -> Evaluation:
        """Where a trial is right and where it is wrong, on these rows; None: on the test rows, of
        a finalist, else on the validation rows. Made now if there is none, which `timeout` bounds.

        :raises NotFound: `no_evaluation`: nobody but a finalist has one on test rows.
        :raises RequestFailed: `not_evaluable`, `not_replayable`.
        :raises EvaluationFailed: when it was tried in vain.
        :raises WaitTimeout: after `timeout` seconds; ask again later.
        """
        path = f"{self._path}/trials/{number}"
        return find_evaluation(self._transport, path, timeout, rows)

    def trials(
        self,
        order_by: str = "-score_val",
        state: str | None = None,
        limit: int | None = None,
        purpose: str | None = None,
    ) -> Iterator[Trial]:
        """Page after page. `order_by`: a field of a trial or a design, "-" before it to descend, of
        scores the best first. `purpose`: those of the search unless it says `all`, or another one.
        """
        token, left = None, limit
        while left is None or left > 0:
            page = self._transport.get(
                f"{self._path}/trials",
                {
                    "order_by": order_by,
                    "state": state,
                    "purpose": purpose,
                    "page_size": min(left or _TRIALS_PER_PAGE, _TRIALS_PER_PAGE),
                    "page_token": token,
                },
            )
            yield from (read_trial(each, self) for each in page["trials"])
            left = None if left is None else left - len(page["trials"])
            token = page.get("next_page_token")
            if not token:
                return

    def cohorts(self) -> Iterator[Cohort]:
        """What trained together and what that took, in the order of registration."""
        token = None
        while True:
            page = self._transport.get(
                f"{self._path}/cohorts", {"page_size": _TRIALS_PER_PAGE, "page_token": token}
            )
            yield from map(read_cohort, page["cohorts"])
            token = page.get("next_page_token")
            if not token:
                return

    def trial(self, number: int) -> Trial:
        """Its `document` also has the `curve`."""
        return read_trial(self._transport.get(f"{self._path}/trials/{number}"), self)

    def leaderboard(self, limit: int | None = None) -> Leaderboard:
        """Trials, best first, as a list of dicts; `.to_frame()` where pandas is installed."""
        return build_leaderboard(self.trials(limit=limit))

    def split(self) -> dict[str, list[int]]:
        """Rows of the file, from 0, of `train`, `validation` and `test`."""
        return self._transport.get(f"{self._path}/split")

    def export(
        self,
        file: str | os.PathLike[str],
        format: str | None = None,
        purpose: str | None = None,
        where: Iterable[str] = (),
        order_by: str = "number",
    ) -> Path:
        """Writes trials to `file`, all at once, as CSV or, for a name that ends in .json, as JSON;
        `format` says otherwise. `purpose`: as for `trials`. `where`: conditions that all must hold,
        such as "n_params<10000" or "activation=relu,gelu".

        :raises RequestFailed: `invalid_condition`, `unknown_order`.
        :raises OSError: when the file can't be written.
        """
        path = Path(file)
        kind = format or ("json" if path.suffix.lower() == ".json" else "csv")
        path.write_bytes(self.exported(kind, purpose, where, order_by))
        return path

    def exported(
        self,
        format: str = "csv",
        purpose: str | None = None,
        where: Iterable[str] = (),
        order_by: str = "number",
    ) -> bytes:
        """What `export` writes."""
        query = {"format": format, "purpose": purpose, "where": list(where), "order_by": order_by}
        return self._transport.get_bytes(f"{self._path}/trials:export", query)

    def describe(
        self,
        name: str | None = None,
        note: str | None = None,
        tags: Iterable[str] | None = None,
    ) -> Study:
        """Renames it, or says something about it; what is left out stays. `tags` replace those
        before: [] takes all away.

        :raises RequestFailed: `invalid_value`, naming the field.
        """
        asked = {"name": name, "note": note, "tags": None if tags is None else list(tags)}
        changes = {field: value for field, value in asked.items() if value is not None}
        self.document = self._transport.patch(self._path, changes)
        return self

    def delete(self) -> Study:
        """Takes a study that has ended from all lists, until it is restored; nothing of it is lost.

        :raises RequestFailed: `study_is_active`.
        """
        self.document = self._transport.delete(self._path)
        return self

    def restore(self) -> Study:
        """Puts a deleted study back into the lists."""
        return self._tell("restore")

    def suspend(self) -> Study:
        """No new trials; those under way go on."""
        return self._tell("suspend")

    def resume(self) -> Study:
        """Goes on after a suspension."""
        return self._tell("resume")

    def stop(self) -> Study:
        """No new trials; those under way end, then the study does."""
        return self._tell("stop")

    def cancel(self) -> Study:
        """Ends the study and everything under way at once."""
        return self._tell("cancel")

    def __repr__(self) -> str:
        progress = self.progress
        return f"<Study {self.study_id} {self.state} {progress.done}/{progress.total}>"

    def _repr_html_(self) -> str:
        best = self.best
        score = "" if best is None else f", best {self.metric} {best.score_val}"
        title = html.escape(f"{self.name or self.study_id}: {self.state}{score}")
        return f"<b>{title}</b>{self.leaderboard(limit=10)._repr_html_()}"

    @property
    def _path(self) -> str:
        return f"/v1/studies/{self.study_id}"

    def _tell(self, verb: Literal["suspend", "resume", "stop", "cancel", "restore"]) -> Study:
        self.document = self._transport.post(f"{self._path}:{verb}")
        return self


def _drain(events: EventStream, seconds: float) -> bool:
    """Takes what comes within `seconds`; whether anything has."""
    deadline = time.monotonic() + seconds
    changed = False
    while (left := deadline - time.monotonic()) > 0 and not events.ended:
        changed = events.receive(left) is not None or changed
    return changed
