"""Splits by groups and by time, and the folds of the learning rows."""

from __future__ import annotations

import hashlib
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from layerlab.domain.problem import InvalidInput
from layerlab.domain.split_check import check_parts
from layerlab.domain.splitting import SplitMethod, SplitSpec
from services.ingest.dividing import Divider
from services.ingest.groups import deal_groups
from services.ingest.recipe import Categories, Floats
from services.ingest.splitting import Indices, SplitRows
from tests.unit.ingest.tables import quick

FOLDS = 5
ALL = range(2 * FOLDS + 1)
seeds = st.integers(0, 2**64 - 1)
labels = st.lists(st.integers(-1, 4), min_size=40, max_size=300)
quantities = st.lists(st.floats(-1e6, 1e6) | st.just(float("nan")), min_size=60, max_size=200)
methods = st.sampled_from(SplitMethod)


def classes(codes: list[int]) -> Categories:
    return Categories(np.array(codes, dtype=np.int64), tuple("abcde"))


@st.composite
def dividers(draw: st.DrawFn, method: SplitMethod) -> Divider:
    """Of a table that can be divided; some rows have no target, some no key."""
    if draw(st.booleans()):
        codes = draw(labels)
        target: Categories | Floats = classes(codes)
        rows = len(codes)
    else:
        target = np.array(draw(quantities))
        rows = len(target)
    split = SplitSpec(method, "" if method is SplitMethod.STRATIFIED else "k", FOLDS)
    keys = draw_keys(draw, method, rows)
    divider = Divider(split, draw(seeds), target, keys)
    there = usable(divider)
    assume(len(there) >= 20)
    if keys is not None:
        assume(_is_enough(split, len({float(keys[row]) for row in there})))
    return divider


def draw_keys(draw: st.DrawFn, method: SplitMethod, rows: int) -> Indices | Floats | None:
    if method is SplitMethod.STRATIFIED:
        return None
    random = np.random.default_rng(draw(st.integers(0, 10**6)))
    groups = draw(st.integers(12, 60))
    # Some groups are much larger than others.
    keys = (groups * random.random(rows) ** draw(st.sampled_from([1.0, 2.0]))).astype(np.int64)
    missing = random.random(rows) < 0.05
    if method is SplitMethod.GROUPED:
        return np.where(missing, -1, keys)
    return np.where(missing, np.nan, keys * 3.5)


def parts_of(split: SplitRows) -> list[Indices]:
    return [split.train, split.validation, split.test]


def usable(divider: Divider) -> set[int]:
    target, keys = divider.target, divider.keys
    there = target.codes >= 0 if isinstance(target, Categories) else ~np.isnan(target)
    if keys is not None:
        there = there & ~np.isnan(keys) & (keys >= 0)
    return set(np.flatnonzero(there).tolist())


@quick
@given(data=st.data(), method=methods)
def test_parts_are_disjoint_ascending_and_never_empty_and_test_rows_stay(
    data: st.DataObject, method: SplitMethod
) -> None:
    divider = data.draw(dividers(method))
    splits = divider.divide(ALL)
    for split in splits.values():
        together = np.concatenate(parts_of(split)).tolist()
        assert len(set(together)) == len(together)
        assert set(together) <= usable(divider)
        assert all(part.size and (np.diff(part) > 0).all() for part in parts_of(split))
        assert split.test.tolist() == splits[0].test.tolist()
    own = np.concatenate(parts_of(splits[0]))
    assert set(own.tolist()) == usable(divider)


@quick
@given(data=st.data(), method=methods)
def test_equal_values_give_equal_rows_whichever_repeats_are_asked_for(
    data: st.DataObject, method: SplitMethod
) -> None:
    divider = data.draw(dividers(method))
    splits = divider.divide(ALL)
    for repeat in (0, 2, 7):
        alone = divider.divide([repeat])[repeat]
        for part, same in zip(parts_of(alone), parts_of(splits[repeat]), strict=True):
            assert part.tolist() == same.tolist()


@quick
@given(data=st.data(), method=st.sampled_from([SplitMethod.STRATIFIED, SplitMethod.GROUPED]))
def test_the_folds_of_a_partition_share_out_the_learning_rows(
    data: st.DataObject, method: SplitMethod
) -> None:
    splits = data.draw(dividers(method)).divide(ALL)
    learning = sorted([*splits[0].train.tolist(), *splits[0].validation.tolist()])
    for first in (1, 1 + FOLDS):
        folds = [splits[first + fold] for fold in range(FOLDS)]
        assert sorted(row for fold in folds for row in fold.validation.tolist()) == learning
        for fold in folds:
            assert sorted([*fold.train.tolist(), *fold.validation.tolist()]) == learning


@quick
@given(data=st.data())
def test_stratified_folds_are_of_equal_size_with_equal_shares_of_each_class(
    data: st.DataObject,
) -> None:
    target = classes(data.draw(labels))
    assume((target.codes >= 0).sum() >= 20)
    splits = Divider(SplitSpec(folds=FOLDS), data.draw(seeds), target).divide(range(1, FOLDS + 1))
    sizes = [len(split.validation) for split in splits.values()]
    assert max(sizes) - min(sizes) <= 1
    for code in range(5):
        counts = [int((target.codes[split.validation] == code).sum()) for split in splits.values()]
        assert max(counts) - min(counts) <= 1
        if sum(counts) >= 2:
            assert all((target.codes[split.train] == code).any() for split in splits.values())


def test_two_partitions_and_two_seeds_differ_but_not_in_their_test_rows() -> None:
    random = np.random.default_rng(0)
    target = classes(random.integers(0, 3, 300).tolist())
    for method, keys in (
        (SplitMethod.STRATIFIED, None),
        (SplitMethod.GROUPED, random.integers(0, 40, 300)),
    ):
        split = SplitSpec(method, "" if keys is None else "k", FOLDS)
        one = Divider(split, 1, target, keys).divide(ALL)
        other = Divider(split, 2, target, keys).divide(ALL)
        validated = {tuple(one[repeat].validation.tolist()) for repeat in ALL}
        assert len(validated) == len(ALL)
        assert one[0].test.tolist() != other[0].test.tolist()
        assert one[1].validation.tolist() != other[1].validation.tolist()


@quick
@given(data=st.data())
def test_no_group_is_in_two_parts(data: st.DataObject) -> None:
    divider = data.draw(dividers(SplitMethod.GROUPED))
    assert divider.keys is not None
    for split in divider.divide(ALL).values():
        groups = [set(divider.keys[part].tolist()) for part in parts_of(split)]
        assert sum(map(len, groups)) == len(set.union(*groups))


@quick
@given(sizes=st.lists(st.integers(1, 12), min_size=30, max_size=200), seed=seeds, data=st.data())
def test_grouped_parts_are_near_their_shares(
    sizes: list[int], seed: int, data: st.DataObject
) -> None:
    groups = np.repeat(np.arange(len(sizes)), sizes)
    kinds = np.array(
        data.draw(st.lists(st.integers(0, 1), min_size=len(sizes), max_size=len(sizes)))
    )
    target = classes(kinds[groups].tolist())
    split = Divider(SplitSpec(SplitMethod.GROUPED, "k"), seed, target, groups).divide([0])[0]
    rows, largest = len(groups), max(sizes)
    learning = rows - len(split.test)
    assert abs(len(split.test) - 0.2 * rows) <= largest
    assert abs(len(split.validation) - 0.2 * learning) <= largest


def test_grouped_parts_have_equal_shares_of_each_class_as_far_as_groups_allow() -> None:
    random = np.random.default_rng(0)
    groups = random.permutation(np.repeat(np.arange(200), 10))
    often = random.random(200) < 0.3
    codes = np.where(random.random(2000) < np.where(often[groups], 0.9, 0.05), 1, 0)
    for seed in range(5):
        target = classes(codes.tolist())
        splits = Divider(SplitSpec(SplitMethod.GROUPED, "k"), seed, target, groups).divide(ALL)
        for split in splits.values():
            for part in parts_of(split):
                assert codes[part].mean() == pytest.approx(codes.mean(), abs=0.04)


def test_many_groups_are_dealt_out_evenly() -> None:
    random = np.random.default_rng(0)
    groups = (60_000 * random.random(300_000) ** 3).astype(np.int64)
    strata = random.integers(0, 3, 300_000)
    parts = deal_groups(groups, strata, 5, random)
    assert np.bincount(parts) == pytest.approx([60_000] * 5, rel=0.01)
    for stratum in range(3):
        assert np.bincount(parts[strata == stratum]) == pytest.approx([20_000] * 5, rel=0.03)
    assert len(np.unique(groups * 5 + parts)) == len(np.unique(groups))


def test_one_group_of_most_rows_is_learnt_from() -> None:
    groups = np.array([0] * 80 + [1 + index // 2 for index in range(20)])
    target = classes([index % 2 for index in range(100)])
    for seed in range(10):
        split = Divider(SplitSpec(SplitMethod.GROUPED, "k"), seed, target, groups).divide([0])[0]
        assert 0 in split.train


@quick
@given(data=st.data())
def test_whatever_trains_is_earlier_than_what_validates_and_that_than_what_tests(
    data: st.DataObject,
) -> None:
    divider = data.draw(dividers(SplitMethod.TIME))
    assert divider.keys is not None
    for split in divider.divide(ALL).values():
        for earlier, later in pairwise(parts_of(split)):
            assert divider.keys[earlier].max() < divider.keys[later].min()


def test_times_that_differ_are_cut_at_the_shares_of_any_split() -> None:
    times = np.random.default_rng(0).permutation(200).astype(np.float64)
    divider = Divider(SplitSpec(SplitMethod.TIME, "k", 4), 0, classes([0, 1] * 100), times)
    splits = divider.divide(range(5))
    assert [len(part) for part in parts_of(splits[0])] == [128, 32, 40]
    assert times[splits[0].test].min() == 160
    folds = [splits[repeat] for repeat in range(1, 5)]
    # 160 learning rows in 5 blocks, of which the first never validates.
    assert [len(fold.train) for fold in folds] == [32, 64, 96, 128]
    assert [len(fold.validation) for fold in folds] == [32, 32, 32, 32]


def test_a_later_partition_of_times_is_the_same() -> None:
    times = np.arange(200.0)
    divider = Divider(SplitSpec(SplitMethod.TIME, "k"), 0, classes([0, 1] * 100), times)
    splits = divider.divide(ALL)
    assert splits[2].validation.tolist() == splits[2 + FOLDS].validation.tolist()


@pytest.mark.parametrize("method", [SplitMethod.GROUPED, SplitMethod.TIME])
@pytest.mark.parametrize("folds", [3, 5, 10])
def test_as_few_groups_or_times_as_are_allowed_give_every_fold_a_row(
    method: SplitMethod, folds: int
) -> None:
    split = SplitSpec(method, "k", folds)
    fewest = next(count for count in range(30) if _is_enough(split, count))
    random = np.random.default_rng(folds)
    for _ in range(30):
        # Of any sizes, one of them large.
        sizes = random.integers(1, 30, fewest)
        sizes[random.integers(fewest)] = 300
        keys = np.repeat(np.arange(fewest), sizes)
        target = classes(random.integers(0, 2, len(keys)).tolist())
        divided = Divider(split, int(random.integers(99)), target, keys).divide(range(folds + 1))
        assert all(part.size for each in divided.values() for part in parts_of(each))


def _is_enough(split: SplitSpec, count: int) -> bool:
    try:
        check_parts(split, count, resampled=True)
    except InvalidInput:
        return False
    return True


@pytest.mark.parametrize(
    ("method", "code"),
    [(SplitMethod.GROUPED, "too_few_groups"), (SplitMethod.TIME, "too_few_times")],
)
def test_what_is_left_of_groups_or_times_without_a_target_must_be_enough(
    method: SplitMethod, code: str
) -> None:
    keys = np.array([0, 0, 0, 1, 1, 2, 3, 4])
    target = classes([0, 1, 0, 1, 0, -1, -1, -1])
    with pytest.raises(InvalidInput) as caught:
        Divider(SplitSpec(method, "k"), 0, target, keys).divide([0])
    assert (caught.value.code, caught.value.field) == (code, "split.column")
    assert caught.value.extra == {"found": 2, "needed": 3}


def test_the_splits_of_a_seed_stay_what_they_were() -> None:
    random = np.random.default_rng(5)
    target = classes(random.integers(0, 5, 1000).tolist())
    for method, keys in (
        (SplitMethod.STRATIFIED, None),
        (SplitMethod.GROUPED, random.integers(0, 90, 1000)),
        (SplitMethod.TIME, random.integers(0, 90, 1000).astype(np.float64)),
    ):
        split = SplitSpec(method, "" if keys is None else "k")
        splits = Divider(split, 7, target, keys).divide(ALL)
        rows = np.concatenate([part for each in splits.values() for part in parts_of(each)])
        assert hashlib.sha256(rows.astype("<i8").tobytes()).hexdigest()[:16] == KNOWN[method]


KNOWN = {
    SplitMethod.STRATIFIED: "b5eec624b6464cc2",
    SplitMethod.GROUPED: "f288974b67042321",
    SplitMethod.TIME: "23f4437d62953fc2",
}
