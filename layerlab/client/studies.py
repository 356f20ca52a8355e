"""Studies: created, estimated, looked up, listed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import IO, Any, Final, TypeAlias, TypedDict, Unpack
from uuid import uuid4

from layerlab.client.documents import Dataset, Estimate, read_estimate
from layerlab.client.durations import seconds_of
from layerlab.client.study import Study
from layerlab.client.transport import Transport

_DATASET_ID_LENGTH: Final = 64

Source: TypeAlias = str | os.PathLike[str] | bytes | IO[bytes]
"""A path to a CSV, its bytes, or a file open for reading bytes."""


class StudyOptions(TypedDict, total=False):
    """What may be asked of a study; `Studies.create` says what each is."""

    name: str | None
    task: str | None
    preset: str | None
    space: Mapping[str, Any] | str | os.PathLike[str] | None
    search: str | None
    recipe: str | None
    engine: str | None
    seed: int | None
    column_kinds: Mapping[str, str] | None
    time_budget: str | float | timedelta | None
    max_trials: int | None
    max_epochs: int | None
    halving: str | Mapping[str, int] | None
    metric: str | None
    split: str | Mapping[str, Any] | None
    constraints: Mapping[str, float] | None
    designs: Iterable[Mapping[str, Any]] | None
    verdict: str | None


class Studies:
    """Searches over network designs."""

    def __init__(self, transport: Transport, upload: Callable[[Source], Dataset]) -> None:
        self._transport = transport
        self._upload = upload

    def create(
        self,
        source: Source | Dataset,
        target: str,
        *,
        name: str | None = None,
        task: str | None = None,
        preset: str | None = None,
        space: Mapping[str, Any] | str | os.PathLike[str] | None = None,
        search: str | None = None,
        recipe: str | None = None,
        engine: str | None = None,
        seed: int | None = None,
        column_kinds: Mapping[str, str] | None = None,
        time_budget: str | float | timedelta | None = None,
        max_trials: int | None = None,
        max_epochs: int | None = None,
        halving: str | Mapping[str, int] | None = None,
        metric: str | None = None,
        split: str | Mapping[str, Any] | None = None,
        constraints: Mapping[str, float] | None = None,
        designs: Iterable[Mapping[str, Any]] | None = None,
        verdict: str | None = None,
        estimate: Estimate | str | None = None,
        idempotency_key: str | None = None,
    ) -> Study:
        """Starts a study of `source`: a dataset, its id, or a CSV, which is uploaded first.

        `space` is a mapping, YAML or JSON, or the name of a file of either. `time_budget` is
        seconds, or text such as "10m". `halving` is "auto", "off", or a rule such
        as {"factor": 3, "min_epochs": 1}. `split` is "stratified", or such as {"method": "grouped",
        "column": "patient"}. `constraints`: {"max_params": …, "max_trial_seconds": …}. `designs`
        are tried first, such as {"hidden": [64, 64]}. `estimate` is one of this very study. What
        is left out is the server's choice.

        :raises RequestFailed: what is wrong with the table or the request, and what to do.
        """
        options = StudyOptions(
            name=name, task=task, preset=preset, space=space, search=search, recipe=recipe,
            engine=engine, seed=seed, column_kinds=column_kinds, time_budget=time_budget,
            max_trials=max_trials, max_epochs=max_epochs, halving=halving, metric=metric,
            split=split, constraints=constraints, designs=designs, verdict=verdict,
        )  # fmt: skip
        request = self._request(source, target, options)
        if estimate is not None:
            request["estimate_id"] = getattr(estimate, "estimate_id", estimate)
        key = idempotency_key or str(uuid4())
        return Study(self._transport, self._transport.post("/v1/studies", request, key))

    def estimate(
        self, source: Source | Dataset, target: str, **options: Unpack[StudyOptions]
    ) -> Estimate:
        """What the study that `create` would start will take, from a probe of a few seconds.

        :raises RequestFailed: as `create`.
        """
        request = self._request(source, target, options)
        return read_estimate(self._transport.post("/v1/studies:estimate", request))

    def _request(
        self, source: Source | Dataset, target: str, options: StudyOptions
    ) -> dict[str, Any]:
        budget = options.pop("time_budget", None)
        limits = _given(
            max_trials=options.pop("max_trials", None),
            max_epochs=options.pop("max_epochs", None),
            time_seconds=None if budget is None else seconds_of(budget),
        )
        space = options.get("space")
        if isinstance(space, str | os.PathLike):
            # Late: most spaces are mappings, and need no reader of YAML.
            from layerlab.client.space_text import read_space

            options["space"] = read_space(space)
        values = {name: _plain(each) for name, each in options.items()}
        return _given(dataset_id=self._dataset_id(source), target=target, budget=limits, **values)

    def get(self, study_id: str) -> Study:
        """:raises NotFound:"""
        return Study(self._transport, self._transport.get(f"/v1/studies/{study_id}"))

    def list(
        self,
        query: str | None = None,
        state: str | None = None,
        tags: Iterable[str] = (),
        deleted: bool = False,
    ) -> Iterator[Study]:
        """Newest first, page after page. `query`: words of their name, target, note or tags.
        `tags`: those with all of these. `deleted`: those that were, instead of the others.
        """
        asked = {"query": query, "state": state, "tag": [*tags], "deleted": deleted}
        token = None
        while True:
            page = self._transport.get("/v1/studies", {**asked, "page_token": token})
            for document in page["studies"]:
                yield Study(self._transport, document)
            token = page.get("next_page_token")
            if not token:
                return

    def _dataset_id(self, source: Source | Dataset) -> str:
        if isinstance(source, Dataset):
            return source.dataset_id
        if isinstance(source, str) and is_dataset_id(source):
            return source
        return self._upload(source).dataset_id


def is_dataset_id(text: str) -> bool:
    """A lower-case hex SHA-256, which no path in real life looks like."""
    return len(text) == _DATASET_ID_LENGTH and set(text) <= set("0123456789abcdef")


def _plain(value: object) -> object:
    """As JSON has it: any mapping an object, any other collection a list."""
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [_plain(each) for each in value]
    return value


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, {})}
