"""The layout gives every unit and tensor a place of its own, without padding."""

from __future__ import annotations

from hypothesis import given, settings

from layerlab.domain.study import Proposal
from services.trainer.fused.layout import INPUT, lay_out
from services.trainer.initial import tensor_shapes
from tests.unit.trainer.builders import cohorts, lane


@settings(max_examples=100, deadline=None)
@given(cohort=cohorts())
def test_tensors_fill_the_flat_buffers_without_gap_or_overlap(cohort: list[Proposal]) -> None:
    layout = lay_out(cohort, 5, 3)
    for statistic, size in ((False, layout.parameters_size), (True, layout.statistics_size)):
        slots = sorted(
            (s for s in layout.slots if s.is_statistic is statistic), key=lambda s: s.start
        )
        edges = [0, *(slot.stop for slot in slots)]
        assert [slot.start for slot in slots] == edges[:-1]
        assert edges[-1] == size
    assert layout.parameters_size == sum(each.design.n_params(5, 3) for each in cohort)
    for place, each in enumerate(layout.lanes):
        names = {slot.name: slot.shape for slot in layout.slots if slot.lane == place}
        assert names == tensor_shapes(each.design, 5, 3)


@settings(max_examples=100, deadline=None)
@given(cohort=cohorts())
def test_units_fill_the_levels_without_padding(cohort: list[Proposal]) -> None:
    layout = lay_out(cohort, 5, 3)
    for index, level in enumerate(layout.levels):
        widths = [e.design.hidden[index] for e in layout.lanes if e.design.n_layers > index]
        assert level.rows == sum(widths)
        assert sum(run.count * run.n_out for run in level.runs) == level.rows
        assert (
            sum(span.stop - span.start for _, span in level.spans(lambda d: d.norm)) == level.rows
        )
    assert sum(run.count for run in layout.output_runs) == len(cohort)


def test_equal_neighbours_become_one_product() -> None:
    layout = lay_out([lane(i, hidden=(64, 64)) for i in range(1, 33)], 16, 26)
    assert [len(level.runs) for level in layout.levels] == [1, 1]
    assert layout.levels[0].runs[0].source == INPUT
    assert [run.count for run in layout.output_runs] == [32]


def test_a_shallower_neighbour_in_between_breaks_no_product() -> None:
    lanes = [
        lane(1, hidden=(8, 8)),
        lane(2, hidden=(8,)),
        lane(3, hidden=(8, 8)),
        lane(4, hidden=()),
    ]
    layout = lay_out(lanes, 5, 3)
    assert [each.number for each in layout.lanes] == [1, 3, 2, 4]
    assert [run.count for run in layout.levels[1].runs] == [2]
