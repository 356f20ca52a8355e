from __future__ import annotations

import asyncio
import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from layerlab.domain.dataset import Task
from layerlab.domain.evaluation import EvaluatedRows, Evaluation
from layerlab.domain.halving import Rung
from layerlab.domain.spec import Engine
from layerlab.domain.study import EpochReport, Proposal, Standing, TrialEnd
from layerlab.domain.trial import FailureReason, StopReason, TrialState
from services.trainer.frames import BrokenFrame, Frame, encode_frame, read_frame, receive_frame
from services.trainer.message_frames import command_from_frame, message_from_frame, to_frame
from services.trainer.messages import (
    ArrayFiles,
    Beat,
    CancelJob,
    Command,
    Done,
    Evaluated,
    EvaluateJob,
    Failed,
    Message,
    Progress,
    Ready,
    Scored,
    ScoreJob,
    StopLanes,
    TrainJob,
)
from services.trainer.npy import npy_head
from tests.unit.trainer.builders import cohorts, lane

headers = st.dictionaries(st.text(), st.none() | st.integers() | st.text(), max_size=5)


@settings(deadline=None)
@given(frames=st.lists(st.builds(Frame, headers, st.binary(max_size=200)), max_size=5))
def test_frames_come_out_as_they_went_in(frames: list[Frame]) -> None:
    stream = io.BytesIO(b"".join(map(encode_frame, frames)))
    for frame in frames:
        assert read_frame(stream) == frame
    assert read_frame(stream) is None


async def test_a_loop_reads_the_same_frames() -> None:
    frame = Frame({"kind": "x", "n": 1}, b"\x00" * 100_000)
    stream = asyncio.StreamReader()
    stream.feed_data(encode_frame(frame) * 2)
    stream.feed_eof()
    assert [await receive_frame(stream) for _ in range(3)] == [frame, frame, None]


@pytest.mark.parametrize("cut", [1, 7, 9, -1])
async def test_a_stream_that_ends_within_a_frame_is_broken(cut: int) -> None:
    raw = encode_frame(Frame({"kind": "x"}, b"payload"))[:cut]
    with pytest.raises(BrokenFrame):
        read_frame(io.BytesIO(raw))
    stream = asyncio.StreamReader()
    stream.feed_data(raw)
    stream.feed_eof()
    with pytest.raises(BrokenFrame):
        await receive_frame(stream)


def test_a_header_that_is_no_json_object_is_broken() -> None:
    for header in (b"hello", b"[]"):
        raw = len(header).to_bytes(4, "big") + bytes(4) + header
        with pytest.raises(BrokenFrame):
            read_frame(io.BytesIO(raw))


FILES = ArrayFiles("a.npy", "b.npy")
END = TrialEnd(3, TrialState.FAILED, FailureReason.NAN_LOSS, detail="No.", epochs=4)
MESSAGES: list[Message] = [
    Ready("cpu", 2),
    Beat(),
    Progress(
        (EpochReport(1, 2, 0.5, None, 0.75, 1.25),),
        (END, TrialEnd(1, TrialState.SUCCEEDED, stop_reason=StopReason.MAX_EPOCHS, n_params=9)),
        model=1,
        weights=b"\x00\xff",
    ),
    Progress((), ()),
    Done(),
    Scored(0.5),
    Evaluated(0.5, Evaluation(EvaluatedRows.TEST, Task.CLASSIFICATION, 2, ("a",), 0, ((2,),))),
    Failed(FailureReason.OUT_OF_MEMORY, "Too much."),
]


@pytest.mark.parametrize("message", MESSAGES, ids=[type(each).__name__ for each in MESSAGES])
def test_messages_come_out_as_they_went_in(message: Message) -> None:
    frame = read_frame(io.BytesIO(encode_frame(to_frame(message))))
    assert frame is not None
    assert message_from_frame(frame) == message


@settings(max_examples=30, deadline=None)
@given(lanes=cohorts(), left=st.none() | st.floats(-10, 1e6), engine=st.sampled_from(Engine))
def test_jobs_come_out_as_they_went_in(
    lanes: list[Proposal], left: float | None, engine: Engine
) -> None:
    best = None if left is None else Standing(0.5, 10, 3)
    rungs = (Rung(1, 8), Rung(3, 2))
    jobs: list[Command] = [
        TrainJob(tuple(lanes), engine, Task.REGRESSION, 1, FILES, FILES, 100, left, best, rungs),
        ScoreJob(lanes[0], engine, Task.CLASSIFICATION, FILES, b"weights"),
        EvaluateJob(
            lanes[0], engine, Task.CLASSIFICATION, EvaluatedRows.TEST, FILES, b"w", ("a", "b")
        ),
        StopLanes(7, (1, 2)),
        CancelJob(7),
    ]
    for job in jobs:
        frame = read_frame(io.BytesIO(encode_frame(to_frame(job))))
        assert frame is not None
        assert command_from_frame(frame) == job


def test_what_is_no_message_is_broken() -> None:
    for header in ({}, {"kind": "Nonsense"}, {"kind": "Ready"}, {"kind": "Scored", "scor": 1}):
        with pytest.raises(BrokenFrame):
            message_from_frame(Frame(header))
    with pytest.raises(BrokenFrame):
        command_from_frame(Frame({"kind": "StopLanes", "numbers": ["x"]}))
    with pytest.raises(BrokenFrame):
        command_from_frame(to_frame(Done()))


def test_a_lanes_design_survives_the_pipe_whole() -> None:
    precise = lane(7, seed=2**53 - 1, learning_rate=0.1 + 0.2)
    job = ScoreJob(precise, Engine.FUSED, Task.REGRESSION, FILES, b"")
    assert command_from_frame(to_frame(job)) == job


@pytest.mark.parametrize("array", [np.ones((3, 2), "<f4"), np.arange(5), np.zeros((0, 4), "<f4")])
def test_numpy_reads_what_has_our_head(array: NDArray[Any]) -> None:
    raw = npy_head(array.dtype.str, array.shape) + array.tobytes()
    read = np.load(io.BytesIO(raw))
    assert (read.dtype, read.shape) == (array.dtype, array.shape)
    np.testing.assert_array_equal(read, array)
    assert len(npy_head(array.dtype.str, array.shape)) % 64 == 0
