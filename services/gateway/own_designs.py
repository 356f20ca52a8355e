"""Users' own designs for a study that is there already."""

from __future__ import annotations

import json
from collections.abc import Sequence

from layerlab.domain.design import Design
from layerlab.domain.json_value import JsonObject, JsonValue, canonical
from services.gateway.idempotency import Answers, hash_of
from services.gateway.ledger import AddedDesigns, KnownDesign, Ledger
from services.gateway.study_options import check_allowed, parse_designs


class OwnDesigns:
    def __init__(self, ledger: Ledger, answers: Answers) -> None:
        self._ledger = ledger
        self._answers = answers

    async def add(
        self, study_id: str, documents: Sequence[JsonObject], key: str = ""
    ) -> AddedDesigns:
        """Designs to try next; those that were asked for before are named.

        :raises NotFound: `unknown_study`.
        :raises Conflict: `search_is_over`, `no_trials_left`, `idempotency_key_reused`.
        :raises InvalidInput: `too_many_designs`, `invalid_design`, `design_not_allowed`.
        """
        if not key:
            return await self._add(study_id, documents)
        request: list[JsonValue] = [study_id, *documents]
        request_hash, key = hash_of(canonical(request)), f"designs:{key}"
        async with self._answers.one_at_a_time(key):
            answer = await self._answers.recall(key, request_hash)
            if answer is not None:
                return _from_json(json.loads(answer))
            added = await self._add(study_id, documents)
            await self._answers.remember(key, request_hash, canonical(added_to_json(added)))
            return added

    async def _add(self, study_id: str, documents: Sequence[JsonObject]) -> AddedDesigns:
        study = (await self._ledger.get_study(study_id)).study
        spec = study.spec
        designs = parse_designs(documents, spec.task)
        if study.table is not None:
            check_allowed(designs, spec.constraints, study.table, spec.budget.max_epochs)
        return await self._ledger.add_designs(study_id, designs)


def added_to_json(answer: AddedDesigns) -> dict[str, JsonValue]:
    return {
        "added": [design.to_json() for design in answer.added],
        "known": [
            {"design": each.design.to_json(), "number": each.number} for each in answer.known
        ],
    }


def _from_json(answer: JsonObject) -> AddedDesigns:
    added, known = answer["added"], answer["known"]
    assert isinstance(added, list)
    assert isinstance(known, list)
    return AddedDesigns(
        tuple(Design.from_json(each) for each in added),
        tuple(KnownDesign(Design.from_json(each["design"]), each["number"]) for each in known),
    )
