"""What the server says, as values."""

from __future__ import annotations

import pytest

from layerlab.client.documents import read_dataset, read_trial
from layerlab.client.leaderboard import build_leaderboard
from tests.unit.client.documents import trial_document


def test_a_trial_has_its_design_as_a_value() -> None:
    trial = read_trial(trial_document())
    assert trial.design.hidden == (64, 32)
    assert (trial.number, trial.score_val, trial.n_layers) == (1, 0.96875, 2)


def test_fields_of_a_newer_server_are_kept_in_the_document_and_harm_nothing() -> None:
    document = trial_document(verdict="sure")
    document["design"]["attention"] = 4
    trial = read_trial(document)
    assert trial.document["verdict"] == "sure"
    assert trial.document["design"]["attention"] == 4


def test_a_design_of_an_older_server_has_the_defaults_of_what_that_did_not_know() -> None:
    document = trial_document()
    for name in ("momentum", "schedule", "warmup_epochs", "class_weight"):
        del document["design"][name]
    design = read_trial(document).design
    assert (design.momentum, design.schedule) == (0.9, "constant")
    assert (design.warmup_epochs, design.class_weight) == (0.0, "none")


def test_a_dataset_says_in_sentences_what_is_odd_about_it() -> None:
    dataset = read_dataset(
        {
            "dataset_id": "ab" * 32,
            "name": "t.csv",
            "rows": 3,
            "size_bytes": 9,
            "columns": [{"name": "x", "kind": "number", "reason": "", "missing": 0, "distinct": 3}],
            "suggested_target": "x",
            "suggested_task": "regression",
            "warnings": [{"code": "copy", "detail": "x is a copy of y.", "column": "x"}],
        }
    )
    assert dataset.warnings == ["x is a copy of y."]
    assert dataset.columns[0].kind == "number"


def test_a_leaderboard_is_rows_with_the_design_spread_out() -> None:
    board = build_leaderboard(read_trial(trial_document(number)) for number in (5, 3))
    assert [(row["rank"], row["number"]) for row in board] == [(1, 5), (2, 3)]
    assert board[0]["hidden"] == [64, 32]
    assert board[0]["learning_rate"] == 0.001
    assert (board[0]["schedule"], board[0]["warmup_epochs"]) == ("cosine", 2.5)


def test_a_leaderboard_becomes_a_data_frame_where_pandas_is_installed() -> None:
    pytest.importorskip("pandas", reason="the SDK doesn't bring pandas")
    frame = build_leaderboard([read_trial(trial_document())]).to_frame()
    assert list(frame["score_val"]) == [0.96875]


def test_a_notebook_shows_what_users_typed_as_text() -> None:
    board = build_leaderboard([read_trial(trial_document(reason="<script>"))])
    assert "<script>" not in board._repr_html_()
    assert "&lt;script&gt;" in board._repr_html_()
