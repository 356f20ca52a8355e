"""Studies over REST, as a client sees them that does everything right."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from time import monotonic

import pytest
import pytest_asyncio

from layerlab.adapters.grpc_ledger import GrpcLedger
from layerlab.domain.design import Design
from layerlab.domain.exchange import ReportBatch
from layerlab.domain.study import CohortRef, EpochReport, Proposal, Purpose, TrialEnd
from layerlab.domain.trial import FailureReason, StudyState, TrialState
from layerlab.domain.worker import Worker
from layerlab.serving import grpc_channel
from services.gateway import dataset_models, models, service_models
from services.gateway.samples import SAMPLES
from tests.integration.gateway_world import CSV, World, check_problem, running_gateway
from tests.unit.gateway_ledger.world import Attending

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    folder: Path = tmp_path_factory.mktemp("gateway")
    async with running_gateway(folder) as world:
        yield world


async def train_three(world: World, study_id: str) -> None:
    """What scheduler and trainer would do, over the same gRPC: two trials end, one fails."""
    async with grpc_channel(world.grpc) as channel:
        ledger = GrpcLedger(channel)
        cohort = CohortRef(study_id, "first")
        await ledger.move_study(study_id, StudyState.RUNNING)
        designs = [Design((8,)), Design((16, 8)), Design((4, 4, 4))]
        await ledger.register_cohort(
            cohort, Purpose.SEARCH, [Proposal(i, each, 7) for i, each in enumerate(designs, 1)]
        )
        await ledger.mark_cohort_queued(cohort)
        claim = await ledger.claim_cohort(cohort, "worker", "incarnation")
        assert claim.assignment is not None

        async def batches() -> AsyncIterator[ReportBatch]:
            reports = tuple(EpochReport(n, 1, 1.0, 0.9, 0.5 + n / 10, 0.1) for n in (1, 2))
            yield ReportBatch(1, reports)
            yield ReportBatch(
                2,
                ends=(
                    TrialEnd(1, TrialState.SUCCEEDED, score_val=0.6, epochs=1, n_params=50),
                    TrialEnd(2, TrialState.SUCCEEDED, score_val=0.7, epochs=1, n_params=90),
                    TrialEnd(3, TrialState.FAILED, FailureReason.NAN_LOSS, detail="NaN"),
                ),
            )

        assert claim.assignment.attempt == 1
        acks = [ack async for ack in ledger.report_cohort(cohort, 1, batches())]
        assert acks[-1].acknowledged == 2


async def a_worker(world: World) -> Worker:
    now = await world.store.now()
    return Worker("worker", "incarnation", "host", 1, "cpu", 2, "0.1.0", heartbeat_at=now)


async def test_a_study_gets_every_default_filled_in(world: World) -> None:
    study = await world.study()
    models.StudyDocument.model_validate(study)
    assert study["task"] == "classification"
    assert study["metric"] == "accuracy"
    assert (study["preset"], study["search"], study["recipe"]) == ("balanced", "random", "paper")
    assert (study["engine"], study["seed"]) == ("fused", 0)
    assert study["budget"] == {"max_trials": 64, "max_epochs": 200, "time_seconds": None}
    assert (study["state"], study["best"], study["seq"]) == ("PENDING", None, 1)
    assert study["name"] == "species of penguins.csv"
    assert study["dataset_name"] == "penguins.csv"
    assert set(study["space"]) == set(Design((8,)).to_json())


async def test_what_is_asked_for_is_what_is_recorded(world: World) -> None:
    asked = {
        "name": "My study",
        "preset": "quick",
        "recipe": "standard",
        "engine": "keras",
        "seed": 2**53 - 1,
        "column_kinds": {"year": "category", "island": "ignore"},
        "budget": {"time_seconds": 60},
    }
    space = {"hidden": [[64, 64], [128]], "learning_rate": {"low": 1e-4, "high": 1e-2, "log": True}}
    study = await world.study(space=space, **asked)
    assert {name: study[name] for name in asked if name != "budget"} == {
        name: value for name, value in asked.items() if name != "budget"
    }
    # A limit of time alone is no limit of trials.
    assert study["budget"] == {"max_trials": None, "max_epochs": 200, "time_seconds": 60}
    assert study["space"]["hidden"] == [[64, 64], [128]]
    assert study["space"]["learning_rate"]["high"] == 1e-2
    again = await world.http.get(f"/v1/studies/{study['study_id']}")
    models.StudyDocument.model_validate(again.json())
    assert again.json()["space"] == study["space"]


async def test_a_grid_without_a_budget_is_searched_whole(world: World) -> None:
    one = {
        "activation": "relu", "norm": "none", "dropout": 0, "residual": False,
        "optimizer": "adam", "learning_rate": 0.01, "weight_decay": 0, "batch_size": 16,
    }  # fmt: skip
    widths = [[width] for width in range(1, 101)]
    study = await world.study(search="grid", recipe="paper", space={"hidden": widths, **one})
    assert study["budget"]["max_trials"] == 100


async def test_a_new_study_says_where_it_is_and_is_listed_first(world: World) -> None:
    answer = await world.http.post(
        "/v1/studies", json={"dataset_id": await world.penguins(), "target": "island"}
    )
    study = answer.json()
    assert answer.headers["location"] == f"/v1/studies/{study['study_id']}"
    listed = (await world.http.get("/v1/studies", params={"page_size": 1})).json()
    models.StudyPageDocument.model_validate(listed)
    assert [each["study_id"] for each in listed["studies"]] == [study["study_id"]]
    rest = await world.http.get(
        "/v1/studies", params={"page_size": 1000, "page_token": listed["next_page_token"]}
    )
    assert study["study_id"] not in [each["study_id"] for each in rest.json()["studies"]]


async def test_the_same_post_twice_with_one_key_is_one_study_and_one_answer(world: World) -> None:
    request = {"dataset_id": await world.penguins(), "target": "species", "seed": 5}
    headers = {"Idempotency-Key": "one"}
    first = await world.http.post("/v1/studies", json=request, headers=headers)
    assert first.status_code == 201
    # What happens to the study meanwhile doesn't change the first answer.
    await world.http.post(f"/v1/studies/{first.json()['study_id']}:suspend")
    again = await world.http.post("/v1/studies", json=request, headers=headers)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["location"] == first.headers["location"]
    other = await world.http.post("/v1/studies", json={**request, "seed": 6}, headers=headers)
    check_problem(other, 409, "idempotency_key_reused", "Idempotency-Key")


async def test_many_posts_at_once_with_one_key_are_one_study(world: World) -> None:
    request = {"dataset_id": await world.penguins(), "target": "species"}
    headers = {"Idempotency-Key": "at once"}
    answers = await asyncio.gather(
        *(world.http.post("/v1/studies", json=request, headers=headers) for _ in range(8))
    )
    assert len({answer.text for answer in answers}) == 1


async def test_a_post_that_was_recorded_but_never_answered_is_found_again(world: World) -> None:
    request = {"dataset_id": await world.penguins(), "target": "species", "seed": 9}
    headers = {"Idempotency-Key": "crash"}
    first = await world.http.post("/v1/studies", json=request, headers=headers)
    # As after a crash between the two writes: the study is there, the answer is not.
    with closing(sqlite3.connect(world.folder / "ledger.db")) as database, database:
        assert database.execute("DELETE FROM answers").rowcount > 0
    again = await world.http.post("/v1/studies", json=request, headers=headers)
    assert again.json()["study_id"] == first.json()["study_id"]


async def test_a_key_that_is_no_plain_text_is_refused(world: World) -> None:
    request = {"dataset_id": await world.penguins(), "target": "species"}
    answer = await world.http.post(
        "/v1/studies", json=request, headers={"Idempotency-Key": "x" * 256}
    )
    check_problem(answer, 422, "idempotency_key", "Idempotency-Key")


async def test_an_upload_with_a_key_is_one_upload_and_another_body_is_not_kept(
    world: World,
) -> None:
    headers = {**CSV, "Idempotency-Key": "upload"}
    body = b"a,b\n" + b"1,x\n2,y\n" * 15
    first = await world.http.post("/v1/datasets?name=t", content=body, headers=headers)
    again = await world.http.post("/v1/datasets?name=t", content=body, headers=headers)
    assert (again.status_code, again.json()) == (201, first.json())
    before = await world.kept()
    for url, other in (("/v1/datasets?name=t", body + b"3,x\n"), ("/v1/datasets?name=u", body)):
        answer = await world.http.post(url, content=other, headers=headers)
        check_problem(answer, 409, "idempotency_key_reused", "Idempotency-Key")
    await world.until_kept(before)


async def test_a_dataset_is_answered_listed_and_found_in_one_shape(world: World) -> None:
    answer = await world.upload(SAMPLES[1].read(), "cells.csv")
    dataset = answer.json()
    dataset_models.DatasetDocument.model_validate(dataset)
    assert answer.headers["location"] == f"/v1/datasets/{dataset['dataset_id']}"
    assert (dataset["name"], dataset["rows"], len(dataset["columns"])) == ("cells.csv", 569, 31)
    assert (await world.http.get(answer.headers["location"])).json() == dataset
    listed = (await world.http.get("/v1/datasets")).json()
    dataset_models.DatasetList.model_validate(listed)
    assert dataset in listed["datasets"]


async def test_a_dataset_without_a_name_gets_one(world: World) -> None:
    body = b"a,b\n" + b"1,x\n2,z\n" * 15
    answer = await world.http.post("/v1/datasets", content=body, headers=CSV)
    assert answer.json()["name"] == "Untitled table"


async def test_every_sample_is_uploaded_like_any_other_and_its_target_is_found(
    world: World,
) -> None:
    listed = (await world.http.get("/v1/samples")).json()
    dataset_models.SampleList.model_validate(listed)
    assert [each["name"] for each in listed["samples"]] == ["penguins", "breast-cancer", "diabetes"]
    for sample in listed["samples"]:
        csv = await world.http.get(f"/v1/samples/{sample['name']}")
        assert csv.headers["content-type"].startswith("text/csv")
        dataset = (await world.upload(csv.content, sample["name"])).json()
        assert (dataset["rows"], len(dataset["columns"])) == (sample["rows"], sample["columns"])
        assert dataset["suggested_target"] == sample["target"]
        assert dataset["suggested_task"] == sample["task"]


async def test_presets_are_sized_to_the_table(world: World) -> None:
    small, large = [
        (await world.http.get("/v1/presets", params={"rows": rows})).json()
        for rows in (100, 1_000_000)
    ]
    dataset_models.PresetList.model_validate(small)
    assert [each["name"] for each in small["presets"]] == ["quick", "balanced", "thorough"]
    assert small["presets"][0]["space"]["batch_size"] < large["presets"][0]["space"]["batch_size"]


async def test_the_split_has_every_row_once(world: World) -> None:
    study = await world.study()
    split = (await world.http.get(f"/v1/studies/{study['study_id']}/split")).json()
    models.SplitDocument.model_validate(split)
    rows = [*split["train"], *split["validation"], *split["test"]]
    assert sorted(rows) == list(range(344))
    assert len(split["test"]) == pytest.approx(344 * 0.2, abs=3)


async def test_verbs_move_a_study_and_obeying_again_changes_nothing(world: World) -> None:
    study = await world.study()
    states = []
    for verb in ("suspend", "suspend", "resume", "stop", "cancel", "cancel"):
        answer = await world.http.post(f"/v1/studies/{study['study_id']}:{verb}")
        assert answer.status_code == 200, answer.text
        models.StudyDocument.model_validate(answer.json())
        states.append(answer.json()["state"])
    assert states == ["SUSPENDED", "SUSPENDED", "RUNNING", "STOPPING", "CANCELLED", "CANCELLED"]


async def test_trials_are_ranked_filtered_paged_and_looked_at(world: World) -> None:
    study = await world.study()
    url = f"/v1/studies/{study['study_id']}"
    await train_three(world, study["study_id"])

    page = (await world.http.get(f"{url}/trials")).json()
    models.TrialPageDocument.model_validate(page)
    assert ([each["number"] for each in page["trials"]], page["total_size"]) == ([2, 1, 3], 3)
    assert page["trials"][0]["design"]["hidden"] == [16, 8]
    assert page["trials"][2]["reason"] == "NAN_LOSS"

    first = (await world.http.get(f"{url}/trials?order_by=n_layers&page_size=2")).json()
    second = (
        await world.http.get(
            f"{url}/trials?order_by=n_layers&page_size=2&page_token={first['next_page_token']}"
        )
    ).json()
    numbers = [each["number"] for each in first["trials"] + second["trials"]]
    assert (numbers, second["next_page_token"]) == ([1, 2, 3], "")

    failed = (await world.http.get(f"{url}/trials?state=FAILED&state=CANCELLED")).json()
    assert [each["number"] for each in failed["trials"]] == [3]

    trial = (await world.http.get(f"{url}/trials/2")).json()
    models.TrialWithCurve.model_validate(trial)
    assert [(point["epoch"], point["score_val"]) for point in trial["curve"]] == [(1, 0.7)]

    document = (await world.http.get(url)).json()
    models.StudyDocument.model_validate(document)
    assert document["best"]["number"] == 2
    assert (document["progress"]["done"], document["progress"]["running"]) == (3, 0)


async def test_workers_are_listed_with_what_waits(world: World) -> None:
    study = await world.study()
    async with grpc_channel(world.grpc) as channel:
        ledger = GrpcLedger(channel)
        await Attending(ledger).report(await a_worker(world))
        await ledger.move_study(study["study_id"], StudyState.RUNNING)
        for name in ("a", "b"):
            number = 1 if name == "a" else 2
            await ledger.register_cohort(
                CohortRef(study["study_id"], name),
                Purpose.SEARCH,
                [Proposal(number, Design((8,)), 1)],
            )
        await ledger.claim_cohort(CohortRef(study["study_id"], "a"), "worker", "incarnation")
    deadline = monotonic() + 10
    # The counts follow the ledger; they don't hold it up.
    while (listed := (await world.http.get("/v1/workers")).json())["queue"]["running"] == 0:
        assert monotonic() < deadline, listed
    service_models.WorkerList.model_validate(listed)
    assert [each["worker_id"] for each in listed["workers"]] == ["worker"]
    assert listed["queue"] == {"waiting": 1, "running": 1}
    await world.http.post(f"/v1/studies/{study['study_id']}:cancel")
