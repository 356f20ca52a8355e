from __future__ import annotations

import pytest

from layerlab.domain.dataset import Task
from layerlab.domain.json_value import JsonValue
from layerlab.domain.presets import DEFAULT_PRESET, PRESETS, preset_space
from layerlab.domain.problem import InvalidInput
from layerlab.domain.space import DEFAULT_SPACE, DEFAULTS, Choice
from layerlab.domain.space_document import parse_space


def test_an_unknown_preset_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(InvalidInput) as refused:
        preset_space("best", 100)

    assert refused.value.code == "unknown_preset"
    assert all(name in refused.value.hint for name in PRESETS)


def test_the_default_is_a_preset() -> None:
    assert DEFAULT_PRESET in PRESETS


@pytest.mark.parametrize("preset", PRESETS)
def test_larger_tables_get_larger_batches(preset: str) -> None:
    largest = []
    for rows in (100, 10_000, 100_000, 10**6):
        domain = preset_space(preset, rows).fields["batch_size"].domain
        assert isinstance(domain, Choice)
        sizes = [size for size in domain.values if isinstance(size, int)]
        assert sizes
        largest.append(max(sizes))

    assert largest == sorted(set(largest))


def test_each_preset_has_room_for_more_than_the_one_before() -> None:
    sizes = [preset_space(name, 344).grid_size() for name in ("quick", "balanced", "thorough")]

    assert sizes == sorted(set(sizes))


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_is_for_every_task(preset: str) -> None:
    for task in Task:
        preset_space(preset, 344).check_task(task)


def test_thorough_tries_every_way_to_train_that_the_others_leave_at_its_default() -> None:
    thorough, balanced = preset_space("thorough", 344), preset_space("balanced", 344)
    for name in ("momentum", "schedule", "warmup_epochs"):
        assert balanced.fields[name] == DEFAULT_SPACE.fields[name]
        domain = thorough.fields[name].domain
        assert isinstance(domain, Choice)
        assert DEFAULTS[name] in domain.values
        assert len(domain.values) > 1


@pytest.mark.parametrize("preset", ["balanced", "thorough"])
def test_deeper_networks_of_a_users_own_may_be_residual_too(preset: str) -> None:
    hidden: JsonValue = {"layers": {"low": 1, "high": 12}, "width": [32]}
    residual = parse_space({"hidden": hidden}, preset_space(preset, 344)).fields["residual"]

    assert residual.applies({"n_layers": 12})
    assert not residual.applies({"n_layers": 1})
