"""Fits baselines: `python -m services.trainer.baselines`, started and watched by a trainer.

Reads one job from its standard input, writes each lane's end to its standard output, and exits. It
holds nothing else, so it can be killed at any time.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import time

from services.trainer.frames import encode_frame, read_frame
from services.trainer.messages import BaselineJob, command_from_frame, to_frame
from services.trainer.processes import limit_memory, offer_to_the_oom_killer, private_stdout


def main() -> None:
    arguments = _parse_arguments()
    offer_to_the_oom_killer()
    # The terminal's Ctrl-C reaches the whole group; the parent decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    out, into = private_stdout(), os.fdopen(os.dup(0), "rb")
    frame = read_frame(into)
    job, received_at = command_from_frame(frame) if frame else None, time.monotonic()
    if not isinstance(job, BaselineJob):
        sys.exit("this is no job for baselines")
    # Nobody says more: the input ends when the parent is gone.
    threading.Thread(target=lambda: (into.read(), os._exit(0)), daemon=True).start()
    limit_memory(arguments.memory_bytes)
    from services.trainer.baselines.fitting import fit_all

    for fitted in fit_all(job, received_at):
        out.write(encode_frame(to_frame(fitted)))
        out.flush()
    # Not by way of threads that wait.
    os._exit(0)


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Started by a trainer, not by people.")
    parser.add_argument("--memory-bytes", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
