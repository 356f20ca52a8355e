"""Halving, through the public contract: weak designs end early, and their time is saved."""

from __future__ import annotations

from layerlab.client import Client

_TRIALS = 24
_EPOCHS = 27


def test_a_study_that_halves_trains_far_fewer_epochs_and_still_names_a_winner(
    client: Client,
) -> None:
    dataset = client.datasets.upload(client.sample("breast-cancer"))
    halving = {"factor": 3, "min_epochs": 1}
    study = client.studies.create(
        dataset,
        "diagnosis",
        max_trials=_TRIALS,
        max_epochs=_EPOCHS,
        halving=halving,
        seed=3,
        verdict="off",
    )
    assert study.document["halving"] == halving

    study.wait(timeout=120)

    trials = list(study.trials())
    dropped = [trial for trial in trials if trial.state == "PRUNED"]
    assert {trial.state for trial in trials} == {"PRUNED", "SUCCEEDED"}
    assert sum(trial.epochs for trial in trials) < _TRIALS * _EPOCHS / 2
    for trial in dropped:
        assert trial.stop_reason == "rung"
        assert f"after epoch {trial.epochs}" in trial.detail
        assert trial.score_val is not None
    best = study.best
    assert best is not None
    assert (best.state, best.number) == ("SUCCEEDED", trials[0].number)
    assert best.score_test is not None
    events = list(study.events())
    assert [event.seq for event in events] == list(range(1, len(events) + 1))


def test_automatic_halving_is_told_as_what_it_came_to(client: Client) -> None:
    dataset = client.datasets.upload(client.sample("penguins"))
    studies = [
        client.studies.create(
            dataset, "species", max_trials=1, max_epochs=epochs, halving=halving, verdict="off"
        )
        for epochs, halving in ((1, "auto"), (1, None), (200, None), (200, "off"))
    ]
    told = [study.document["halving"] for study in studies]
    for study in studies:
        study.cancel()
    assert told == ["off", "off", {"factor": 3, "min_epochs": 7}, "off"]
