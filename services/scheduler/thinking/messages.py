"""What a scheduler and its thinking child say to each other: a line of JSON each way.

A question's records are protobuf messages, in base64: the ledger's own words, which both sides can
read already. An answer is `{"designs": […]}`, `{"verdict": {…}}`, or `{"problem": {…}}`.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from layerlab.domain.design import Design
from layerlab.domain.json_value import JsonValue
from layerlab.domain.problem import InvalidInput, Problem, Unavailable
from layerlab.domain.study import Study, Trial
from layerlab.domain.verdict import Verdict
from layerlab.domain.verdict_document import verdict_from_json, verdict_to_json
from layerlab.v1 import study_pb2 as pb
from layerlab.wire.study import study_from_proto, study_to_proto, trial_from_proto, trial_to_proto
from services.scheduler.search.wish import Wish

FAILED: Final = "thinking_failed"


@dataclass(frozen=True, slots=True)
class Propose:
    study: Study
    wish: Wish


@dataclass(frozen=True, slots=True)
class Judge:
    study: Study
    trials: Sequence[Trial]
    is_final: bool
    limits: Sequence[str]


Question: TypeAlias = Propose | Judge
Answer: TypeAlias = Sequence[Design] | Verdict | Problem


def encode_question(question: Question) -> bytes:
    document: dict[str, JsonValue] = {"study": _text(study_to_proto(question.study))}
    if isinstance(question, Propose):
        wish = question.wish
        document["propose"] = {
            "numbers": list(wish.numbers),
            "trials": _texts(wish.trials),
            "pending": [each.to_json() for each in wish.pending],
        }
    else:
        document["judge"] = {
            "trials": _texts(question.trials),
            "is_final": question.is_final,
            "limits": list(question.limits),
        }
    return _line(document)


def decode_question(line: bytes) -> Question:
    document = json.loads(line)
    study = study_from_proto(pb.Study.FromString(b64decode(document["study"])))
    if "propose" in document:
        asked = document["propose"]
        pending = tuple(Design.from_json(each) for each in asked["pending"])
        return Propose(study, Wish(tuple(asked["numbers"]), _trials(asked["trials"]), pending))
    asked = document["judge"]
    return Judge(study, _trials(asked["trials"]), asked["is_final"], tuple(asked["limits"]))


def encode_answer(answer: Answer) -> bytes:
    if isinstance(answer, Verdict):
        return _line({"verdict": verdict_to_json(answer)})
    if isinstance(answer, Problem):
        problem: dict[str, JsonValue] = {
            "is_invalid_input": isinstance(answer, InvalidInput),
            "code": answer.code,
            "detail": answer.detail,
            "hint": answer.hint,
            "field": answer.field,
        }
        return _line({"problem": problem})
    return _line({"designs": [each.to_json() for each in answer]})


def decode_answer(line: bytes) -> Sequence[Design] | Verdict:
    """:raises Problem: the one that the answer is.

    :raises ValueError: it is no answer.
    """
    document = json.loads(line)
    if not isinstance(document, dict):
        raise ValueError(f"no answer: {line[:80]!r}")
    if "problem" in document:
        raise _problem(document["problem"])
    if "verdict" in document:
        return verdict_from_json(document["verdict"])
    if "designs" not in document:
        raise ValueError(f"no answer: {line[:80]!r}")
    return [Design.from_json(each) for each in document["designs"]]


def _problem(facts: Mapping[str, Any]) -> Problem:
    kind = InvalidInput if facts["is_invalid_input"] else Unavailable
    return kind(facts["code"], facts["detail"], facts["hint"], facts["field"])


def _line(document: Mapping[str, JsonValue]) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode() + b"\n"


def _text(message: pb.Study | pb.Trial) -> str:
    return b64encode(message.SerializeToString()).decode()


def _texts(trials: Iterable[Trial]) -> list[JsonValue]:
    return [_text(trial_to_proto(each)) for each in trials]


def _trials(texts: Iterable[str]) -> tuple[Trial, ...]:
    return tuple(trial_from_proto(pb.Trial.FromString(b64decode(each))) for each in texts)
