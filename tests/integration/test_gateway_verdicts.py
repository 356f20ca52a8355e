"""Verdicts, own designs, receipts and verifications over REST and gRPC, before any trainer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest
import pytest_asyncio

from layerlab.adapters.grpc_ledger import GrpcLedger
from layerlab.domain.cohort_stats import CohortStats
from layerlab.domain.design import Design
from layerlab.domain.exchange import ReportBatch
from layerlab.domain.metric import Metric
from layerlab.domain.receipt import Receipt
from layerlab.domain.study import CohortRef, EpochReport, Proposal, Purpose, TrialEnd
from layerlab.domain.trial import StudyState, TrialState
from layerlab.domain.verdict import Contender, Outcome, Verdict
from layerlab.serving import grpc_channel
from layerlab.v1 import study_pb2, study_pb2_grpc
from services.gateway import trial_models, verdict_models
from tests.integration.gateway_world import World, check_problem, running_gateway

pytestmark = pytest.mark.asyncio(loop_scope="module")

VERDICT = Verdict(
    Outcome.WINNER,
    Metric.ACCURACY,
    is_final=False,
    round=1,
    winner="1 × 8",
    smallest="1 × 8",
    contenders=(Contender("1 × 8", trial=1, design=Design((8,)), n_params=90, score_val=0.7),),
    headline="1 × 8 it is",
)
RECEIPT = Receipt("a" * 64, "b" * 64, {"numpy": "2"}, {"kernel_level": "v4"})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    folder: Path = tmp_path_factory.mktemp("gateway")
    async with running_gateway(folder) as world:
        yield world


async def started(world: World, **more: Any) -> str:
    study_id = str((await world.study(**more))["study_id"])
    async with grpc_channel(world.grpc) as channel:
        await GrpcLedger(channel).move_study(study_id, StudyState.RUNNING)
    return study_id


async def train(
    world: World, study_id: str, proposals: list[Proposal], purpose: Purpose = Purpose.SEARCH
) -> None:
    """Each has two epochs and ends with 0.7."""
    cohort = CohortRef(study_id, f"{purpose}-{proposals[0].number}")
    numbers = [each.number for each in proposals]

    async def batches() -> AsyncIterator[ReportBatch]:
        yield ReportBatch(
            1, tuple(EpochReport(n, e, 1.0, 0.9, 0.7, 0.1) for e in (1, 2) for n in numbers)
        )
        ends = tuple(
            TrialEnd(n, TrialState.SUCCEEDED, score_val=0.7, val_loss=0.9, best_epoch=1, epochs=2,
                     n_params=90)
            for n in numbers
        )  # fmt: skip
        stats = CohortStats(len(numbers), 1, 0.0, 1, 1, 0.1, 1.0)
        yield ReportBatch(2, ends=ends, stats=stats, receipt=RECEIPT)

    async with grpc_channel(world.grpc) as channel:
        ledger = GrpcLedger(channel)
        await ledger.register_cohort(cohort, purpose, proposals)
        await ledger.mark_cohort_queued(cohort)
        claim = await ledger.claim_cohort(cohort, "worker", "incarnation")
        assert claim.assignment is not None
        assert [ack async for ack in ledger.report_cohort(cohort, 1, batches())]


async def test_a_verdict_is_there_once_it_was_reached_and_in_the_list_by_its_headline(
    world: World,
) -> None:
    study_id = await started(world)
    path = f"/v1/studies/{study_id}/verdict"
    check_problem(await world.http.get(path), 404, "no_verdict_yet")
    async with grpc_channel(world.grpc) as channel:
        await GrpcLedger(channel).record_verdict(study_id, VERDICT)
        stub = study_pb2_grpc.StudyServiceStub(channel)
        answer = await stub.GetVerdict(study_pb2.GetVerdictRequest(study_id=study_id))
    document = (await world.http.get(path)).json()
    verdict_models.VerdictDocument.model_validate(document)
    assert (document["study_id"], document["state"]) == (study_id, "RUNNING")
    assert (document["winner"], document["is_final"]) == ("1 × 8", False)
    assert answer.verdict["winner"] == "1 × 8"
    await world.http.post(f"/v1/studies/{study_id}:cancel")
    listed = (await world.http.get("/v1/studies")).json()["studies"]
    mine = next(each for each in listed if each["study_id"] == study_id)
    assert mine["verdict_headline"] == "1 × 8 it is"


async def test_there_is_no_verdict_where_none_was_asked_for_or_the_study_has_ended(
    world: World,
) -> None:
    without = await started(world, verdict="off")
    check_problem(await world.http.get(f"/v1/studies/{without}/verdict"), 404, "no_verdict")
    ended = await started(world)
    await world.http.post(f"/v1/studies/{ended}:cancel")
    check_problem(await world.http.get(f"/v1/studies/{ended}/verdict"), 404, "no_verdict")


async def test_only_trials_of_the_search_are_listed_unless_others_are_asked_for(
    world: World,
) -> None:
    study_id = await started(world)
    await train(world, study_id, [Proposal(1, Design((8,)), 7)])
    again = [Proposal(2, Design((8,)), 8, repeat=1)]
    await train(world, study_id, again, Purpose.CONFIRM)
    path = f"/v1/studies/{study_id}/trials"

    async def numbers(query: str) -> list[int]:
        page = (await world.http.get(f"{path}?order_by=number{query}")).json()
        return [trial["number"] for trial in page["trials"]]

    assert await numbers("") == [1]
    assert await numbers("&purpose=confirm") == [2]
    assert await numbers("&purpose=confirm&purpose=search") == await numbers("&purpose=all")
    assert await numbers("&purpose=all") == [1, 2]
    check_problem(await world.http.get(f"{path}?purpose=fun"), 422, "invalid_value", "purpose.0")


async def test_designs_can_be_added_until_the_search_is_over(world: World) -> None:
    study_id = await started(world, budget={"max_trials": 3}, designs=[{"hidden": [5]}])
    await train(world, study_id, [Proposal(1, Design((8,)), 7)])
    path = f"/v1/studies/{study_id}/trials"
    asked = {"designs": [{"hidden": [8]}, {"hidden": [5]}, {"hidden": [9]}]}
    first = await world.http.post(path, json=asked, headers={"Idempotency-Key": "once"})
    trial_models.AddedDesignsDocument.model_validate(first.json())
    assert [each["hidden"] for each in first.json()["added"]] == [[9]]
    known = [(each["design"]["hidden"], each["number"]) for each in first.json()["known"]]
    assert known == [([8], 1), ([5], None)]
    again = await world.http.post(path, json=asked, headers={"Idempotency-Key": "once"})
    assert again.json() == first.json()
    more = await world.http.post(path, json={"designs": [{"hidden": [10]}]})
    check_problem(more, 409, "no_trials_left", "designs")
    wrong = await world.http.post(path, json={"designs": [{"hidden": [0]}]})
    check_problem(wrong, 422, "invalid_design", "designs.0.hidden")
    await train(world, study_id, [Proposal(2, Design((8,)), 8, repeat=1)], Purpose.CONFIRM)
    late = await world.http.post(path, json={"designs": [{"hidden": [11]}]})
    check_problem(late, 409, "search_is_over")


async def test_a_receipt_says_what_a_result_depends_on(world: World) -> None:
    study_id = await started(world)
    await train(world, study_id, [Proposal(1, Design((8,)), 7)])
    path = f"/v1/studies/{study_id}/trials"
    document = (await world.http.get(f"{path}/1/receipt")).json()
    trial_models.TrialReceiptDocument.model_validate(document)
    assert document["split_sha256"] == "a" * 64
    assert (document["seed"], document["recipe"], document["score_val"]) == (7, "paper", 0.7)
    check_problem(await world.http.get(f"{path}/9/receipt"), 404, "unknown_trial")
    async with grpc_channel(world.grpc) as channel:
        await GrpcLedger(channel).register_cohort(
            CohortRef(study_id, "later"), Purpose.SEARCH, [Proposal(2, Design((4,)), 7)]
        )
    check_problem(await world.http.get(f"{path}/2/receipt"), 404, "no_receipt")


async def test_a_verification_trains_again_in_a_study_that_is_in_no_list(world: World) -> None:
    study_id = await started(world)
    await train(world, study_id, [Proposal(1, Design((8,)), 7)])
    path = f"/v1/studies/{study_id}/trials/1"
    answer = await world.http.post(f"{path}:verify?wait=0")
    assert answer.status_code == 202
    found = answer.json()
    trial_models.VerificationDocument.model_validate(found)
    assert (found["state"], found["got"]) == ("RUNNING", None)
    replay = found["verification_id"]
    document = (await world.http.get(f"/v1/studies/{replay}")).json()
    assert (document["kind"], document["replay"]["seed"]) == ("replay", 7)
    listed = (await world.http.get("/v1/studies?page_size=1000")).json()["studies"]
    assert replay not in {each["study_id"] for each in listed}

    async with grpc_channel(world.grpc) as channel:
        await GrpcLedger(channel).move_study(replay, StudyState.RUNNING)
        await train(world, replay, [Proposal(1, Design((8,)), 7)])
        await GrpcLedger(channel).move_study(replay, StudyState.SUCCEEDED)
    seen = (await world.http.get(answer.headers["Location"], params={"wait": 5})).json()
    assert (seen["state"], seen["differences"], seen["same_machine"]) == ("MATCHES", [], True)


async def test_a_strangers_study_is_no_verification(world: World) -> None:
    study_id = await started(world)
    await train(world, study_id, [Proposal(1, Design((8,)), 7)])
    path = f"/v1/studies/{study_id}/trials/1/verifications"
    for other in (study_id, "nothing"):
        check_problem(await world.http.get(f"{path}/{other}"), 404, "unknown_verification")


async def test_what_has_not_trained_is_not_verified(world: World) -> None:
    study_id = await started(world)
    async with grpc_channel(world.grpc) as channel:
        ledger, stub = GrpcLedger(channel), study_pb2_grpc.StudyServiceStub(channel)
        lane = replace(Proposal(1, Design((8,)), 7))
        await ledger.register_cohort(CohortRef(study_id, "first"), Purpose.SEARCH, [lane])
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stub.VerifyTrial(study_pb2.VerifyTrialRequest(study_id=study_id, number=1))
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    answer = await world.http.post(f"/v1/studies/{study_id}/trials/1:verify")
    check_problem(answer, 409, "not_replayable")


async def test_an_estimate_without_trainers_is_rough_and_kept_with_its_study_only(
    world: World,
) -> None:
    request = {"dataset_id": await world.penguins(), "target": "species"}
    estimate = (await world.http.post("/v1/studies:estimate", json=request)).json()
    assert estimate["is_rough"]
    assert 0 < estimate["seconds"]["low"] < estimate["seconds"]["high"]
    study = await world.study(estimate_id=estimate["estimate_id"], name="Any name")
    assert study["estimate"]["seconds_low"] == estimate["seconds"]["low"]
    assert study["estimate"]["actual_seconds"] is None
    await world.http.post(f"/v1/studies/{study['study_id']}:cancel")
    ended = (await world.http.get(f"/v1/studies/{study['study_id']}")).json()
    assert ended["estimate"]["actual_seconds"] >= 0
    other = {**request, "seed": 5, "estimate_id": estimate["estimate_id"]}
    answer = await world.http.post("/v1/studies", json=other)
    check_problem(answer, 422, "estimate_of_another_study", "estimate_id")
    unknown = await world.http.post("/v1/studies", json={**request, "estimate_id": "nothing"})
    check_problem(unknown, 422, "unknown_estimate", "estimate_id")
