"""Users: they upload tables, start studies and ask how these get on, again and again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any, Final, TypeVar
from uuid import uuid4

import httpx

from layerlab.client import Client
from layerlab.client.documents import Dataset
from layerlab.client.errors import RequestFailed, ServerUnreachable
from tests.faults.cluster import Cluster
from tests.faults.followers import Crowd, follow_everywhere
from tests.faults.history import Accepted, Answer
from tests.faults.tables import TARGET, TINY_SPACE, unknown_table

_T = TypeVar("_T")
_ASK_SECONDS: Final = 0.5
_UPLOAD_SECONDS: Final = 10.0
_PATIENCE_SECONDS: Final = 30.0
"""An answer may take so long, be it that something is unavailable."""
_UNAVAILABLE: Final = 503
_STUCK_SECONDS: Final = 240.0
"""What is unavailable for longer than any fault lasts is broken."""


class Workload:
    """`accepted`, `datasets` and `answers` are what was heard; `crowd` follows every study."""

    def __init__(self, cluster: Cluster, seed: int, rows: int, epochs: int) -> None:
        self.accepted: list[Accepted] = []
        self.datasets: list[str] = []
        self.answers: list[Answer] = []
        self.crowd = Crowd()
        self._cluster = cluster
        self._rows, self._epochs = rows, epochs
        self._seeds = count(seed * 1000)
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._others = ThreadPoolExecutor(2)
        self._others.submit(self._ask_on)
        self._others.submit(self._upload_on)

    def start_study(self, trials: int) -> str:
        """Uploads a table and starts a study of it; everybody follows it."""
        with self._cluster.client() as client:
            dataset = self._upload(client)
            key = str(uuid4())
            study = self._insist(
                "POST /v1/studies",
                lambda: client.studies.create(
                    dataset,
                    TARGET,
                    space=TINY_SPACE,
                    max_trials=trials,
                    max_epochs=self._epochs,
                    seed=next(self._seeds),
                    verdict="off",
                    idempotency_key=key,
                ),
            )
        self.accepted.append(Accepted(study.study_id, trials))
        follow_everywhere(self.crowd, study.study_id, self._cluster.url, self._cluster.gateway_urls)
        return study.study_id

    def wait_for(self, study_id: str) -> None:
        """Until REST says that it has ended.

        :raises AssertionError: when it makes no progress for as long as no fault lasts.
        """
        seq, heard = -1, time.monotonic()
        while not (study := self._ask(f"/v1/studies/{study_id}") or {}).get("ended_at"):
            if study.get("seq", seq) != seq:
                seq, heard = study["seq"], time.monotonic()
            stuck = time.monotonic() - heard > _STUCK_SECONDS
            assert not stuck, f"study {study_id} is stuck at {seq}: {study}"
            self._stopped.wait(_ASK_SECONDS)

    def close(self) -> None:
        """No new requests; studies and followers go on."""
        self._stopped.set()
        self._others.shutdown()

    def _ask_on(self) -> None:
        while not self._stopped.wait(_ASK_SECONDS):
            for accepted in self.accepted[-1:]:
                self._ask(f"/v1/studies/{accepted.study_id}")
                self._ask(f"/v1/studies/{accepted.study_id}/trials")
            self._ask("/v1/workers")

    def _upload_on(self) -> None:
        while not self._stopped.wait(_UPLOAD_SECONDS):
            with self._cluster.client() as client:
                self._upload(client)

    def _upload(self, client: Client) -> Dataset:
        table = unknown_table(next(self._seeds), self._rows)
        dataset = self._insist("POST /v1/datasets", lambda: client.datasets.upload(table))
        with self._lock:
            self.datasets.append(dataset.dataset_id)
        return dataset

    def _insist(self, request: str, call: Callable[[], _T]) -> _T:
        """Again and again, with the same words, as long as nobody is there to answer."""
        deadline = time.monotonic() + _STUCK_SECONDS
        while True:
            try:
                return call()
            except ServerUnreachable:
                pass
            except RequestFailed as failed:
                self._note(request, failed.status, failed.code, retry_after=True)
                if failed.status != _UNAVAILABLE:
                    raise
            assert time.monotonic() < deadline, f"{request} is never accepted"
            time.sleep(_ASK_SECONDS)

    def _ask(self, path: str) -> dict[str, Any] | None:
        """The answer; None when there is none but an excuse."""
        try:
            answer = httpx.get(self._cluster.url + path, timeout=_PATIENCE_SECONDS)
        except httpx.TimeoutException:
            self._note(f"GET {path}", 0, "no answer", retry_after=False)
            return None
        except httpx.TransportError:
            return None
        body: dict[str, Any] = answer.json()
        if answer.is_success:
            return body
        after = "Retry-After" in answer.headers
        self._note(f"GET {path}", answer.status_code, str(body.get("code")), after)
        return None

    def _note(self, request: str, status: int, code: str, retry_after: bool) -> None:
        with self._lock:
            self.answers.append(Answer(time.time(), request, status, code, retry_after))
