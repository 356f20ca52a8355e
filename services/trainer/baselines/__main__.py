"""Fits baselines: `python -m services.trainer.baselines`, started and watched by a trainer.

Reads jobs from its standard input, and writes each lane's end to its standard output. It holds
nothing else, so it can be killed at any time: that is how a job is cut short. When its parent is
gone, its input ends, and it exits at once.
"""

from __future__ import annotations

import argparse
import os
import queue
import signal
import threading
import time
import traceback
from typing import BinaryIO

from layerlab.lifecycle import tell_parent
from services.trainer.frames import encode_frame, read_frame
from services.trainer.message_frames import command_from_frame, to_frame
from services.trainer.messages import BaselineJob
from services.trainer.processes import limit_memory, offer_to_the_oom_killer, private_stdout


def main() -> None:
    arguments = _parse_arguments()
    offer_to_the_oom_killer()
    # The terminal's Ctrl-C reaches the whole group; the parent decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    out, into = private_stdout(), os.fdopen(os.dup(0), "rb")
    jobs: queue.SimpleQueue[tuple[BaselineJob, float]] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(into, jobs), daemon=True, name="inbox").start()
    limit_memory(arguments.memory_bytes)
    from services.trainer.baselines.fitting import fit_all

    while True:
        job, received_at = jobs.get()
        for fitted in fit_all(job, received_at):
            tell_parent(out, encode_frame(to_frame(fitted)))


def _read(stream: BinaryIO, jobs: queue.SimpleQueue[tuple[BaselineJob, float]]) -> None:
    """Each job, with the time when it was read. Ends the process with the input."""
    try:
        while (frame := read_frame(stream)) is not None:
            job = command_from_frame(frame)
            if not isinstance(job, BaselineJob):
                raise TypeError(f"this is no job for baselines: {frame.kind}")
            jobs.put((job, time.monotonic()))
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    # Not by way of threads that wait.
    os._exit(0)


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Started by a trainer, not by people.")
    parser.add_argument("--memory-bytes", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
