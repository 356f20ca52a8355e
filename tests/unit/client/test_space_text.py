"""Search spaces as texts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from layerlab.client.space_text import BadSpaceText, parse_space_text, read_space

YAML = """\
# What a reviewer asked for.
hidden:
  layers: {low: 1, high: 4}
  width: [16, 32, 64]
dropout:
  choices: [0, 0.1]
  when: {n_layers: [2, 3, 4]}
learning_rate: {low: 1e-4, high: 1E-2, log: true}
norm: [none, batch]
recipe: [null, standard]
"""
DOCUMENT = {
    "hidden": {"layers": {"low": 1, "high": 4}, "width": [16, 32, 64]},
    "dropout": {"choices": [0, 0.1], "when": {"n_layers": [2, 3, 4]}},
    "learning_rate": {"low": 1e-4, "high": 1e-2, "log": True},
    "norm": ["none", "batch"],
    "recipe": [None, "standard"],
}


def test_yaml_and_json_say_the_same() -> None:
    assert parse_space_text(YAML) == DOCUMENT
    assert parse_space_text(json.dumps(DOCUMENT)) == DOCUMENT
    assert parse_space_text(json.dumps(DOCUMENT, indent="\t")) == DOCUMENT


def test_a_file_may_call_it_the_space(tmp_path: Path) -> None:
    file = tmp_path / "space.yaml"
    file.write_text("space:\n" + "".join(f"  {line}\n" for line in YAML.splitlines()))

    assert read_space(file) == read_space(str(file)) == DOCUMENT


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("norm: none\ndropout:\n  low: 0\n  high: 2\n", 2, "`dropout` must be at least 0"),
        ("norm: none\nnorm: batch\n", 2, "`norm` is there twice"),
        ("dropout:\n  low: 0\n  low: 0.1\n  high: 0.5\n", 3, "`low` is there twice"),
        ("norm: [none\nresidual: true\n", 2, "expected ',' or ']'"),
        ("norm: none\nresidual: yes\n", 2, "`residual` must be true or false, not 'yes'"),
        ("norm: off\n", 1, "not 'off'"),
        ("dropout: 2020-01-01\n", 1, "must be a finite number"),
        ("dropout: {low: '0', high: 0.5}\n", 1, "must be a finite number, not '0'"),
        ("learning_rate: .inf\n", 1, "must be a finite number"),
        ("lr: 0.1\n", 1, "is not a field of a design"),
        ("1: 2\n", 1, "a field's name must be a text"),
        ("hidden: [[8]]\n---\nhidden: [[9]]\n", 2, "another document"),
        ("norm:\n\t- none\n", 2, "cannot start any token"),
        ("- norm\n", 1, "must be fields of a design"),
        ("", 1, "must be fields of a design"),
        ("hidden: !!python/object/apply:os.getcwd []\n", 1, "could not determine"),
        ('{"norm": "none",\n "residual": 3}', 2, "`residual`"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, line: int, words: str) -> None:
    with pytest.raises(BadSpaceText) as refused:
        parse_space_text(text, "my.yaml")
    assert str(refused.value).startswith(f"my.yaml, line {line}: ")
    assert words in str(refused.value)
