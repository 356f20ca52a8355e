"""The training child: `python -m services.trainer.child`, started and watched by a trainer.

Only this process loads numpy, and torch or Keras when a job needs them. It reads commands from its
standard input and writes messages to its standard output (`messages.py`); it holds nothing else,
so it can be killed at any time. When its parent is gone, its input ends, and it exits at once.
"""

from __future__ import annotations

import argparse
import os
import queue
import signal
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, Final

from layerlab.domain.trial import FailureReason
from layerlab.lifecycle import tell_parent
from services.trainer.control import Control
from services.trainer.engines import Engines
from services.trainer.frames import encode_frame, read_frame
from services.trainer.message_frames import command_from_frame, to_frame
from services.trainer.messages import Beat, CancelJob, Done, Failed, Job, Message, Ready, StopLanes
from services.trainer.processes import limit_memory, offer_to_the_oom_killer, private_stdout

_BEAT_SECONDS: Final = 1.0
_KEPT_CONTROLS: Final = 8
_MEMORY_WORDS: Final = ("out of memory", "can't allocate memory", "cannot allocate memory")


class Outbox:
    """Writes messages, whole, from any thread."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._lock, self._beat_at = stream, threading.Lock(), 0.0

    def send(self, message: Message) -> None:
        body = encode_frame(to_frame(message))
        with self._lock:
            tell_parent(self._stream, body)

    def beat(self) -> None:
        """Says that there is progress, at most once a second."""
        if time.monotonic() - self._beat_at >= _BEAT_SECONDS:
            self._beat_at = time.monotonic()
            self.send(Beat())


@dataclass(frozen=True, slots=True)
class ReceivedJob:
    """`received_at`, by time.monotonic, is what the job's `seconds_left` counts from."""

    job: Job
    control: Control
    received_at: float


class Inbox:
    """Reads commands in a thread of its own: what concerns the running job takes effect in it."""

    def __init__(self, stream: BinaryIO, beat: Callable[[], None]) -> None:
        self.jobs: queue.SimpleQueue[ReceivedJob] = queue.SimpleQueue()
        self._stream, self._beat = stream, beat
        self._read_jobs = 0
        # By the jobs' places, of the last few: no more are ever under way.
        self._controls: dict[int, Control] = {}
        threading.Thread(target=self._read, daemon=True, name="inbox").start()

    def _read(self) -> None:
        try:
            while (frame := read_frame(self._stream)) is not None:
                command = command_from_frame(frame)
                if isinstance(command, StopLanes):
                    self._control(command.job).stop(command.numbers)
                elif isinstance(command, CancelJob):
                    self._control(command.job).cancelled.set()
                elif isinstance(command, Job):
                    self._receive(command)
        except BaseException:
            traceback.print_exc()
        # The parent is gone, or no longer makes sense; nobody wants what is being trained.
        os._exit(0)

    def _receive(self, job: Job) -> None:
        self._read_jobs += 1
        control = self._controls[self._read_jobs] = Control(self._beat)
        self._controls.pop(self._read_jobs - _KEPT_CONTROLS, None)
        self.jobs.put(ReceivedJob(job, control, time.monotonic()))

    def _control(self, job: int) -> Control:
        """That of a job which is long over has no effect."""
        return self._controls.get(job, Control())


def main() -> None:
    arguments = _parse_arguments()
    offer_to_the_oom_killer()
    # The terminal's Ctrl-C reaches the whole group; the parent decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    outbox = Outbox(private_stdout())
    inbox = Inbox(os.fdopen(os.dup(0), "rb"), outbox.beat)
    engines = Engines(arguments.device, arguments.threads)
    outbox.send(Ready(engines.device, arguments.threads))
    # Only now: it imports numpy, which the first job may wait for.
    from services.trainer.jobs import run_job
    from services.trainer.measuring import Meter

    meter = Meter()
    engines.preload()
    while True:
        received = inbox.jobs.get()
        if received.control.cancelled.is_set():
            outbox.send(Done())
            continue
        try:
            engine = engines.get(received.job.engine, received.control.beat)
            # Once an engine is there: who can't load one needs no limit.
            limit_memory(arguments.memory_bytes)
            run_job(received, engine, outbox, engines.available_bytes, meter)
        except Exception as error:
            traceback.print_exc()
            outbox.send(_failure(error))


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Started by a trainer, not by people.")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--memory-bytes", type=int, default=0)
    return parser.parse_args()


def _failure(error: Exception) -> Failed:
    text = str(error) or type(error).__name__
    if isinstance(error, MemoryError) or any(word in text.lower() for word in _MEMORY_WORDS):
        detail = "The training process could not get the memory that the cohort needs."
        return Failed(FailureReason.OUT_OF_MEMORY, detail)
    return Failed(FailureReason.INTERNAL, f"{type(error).__name__}: {text}"[:500])


if __name__ == "__main__":
    main()
