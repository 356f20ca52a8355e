"""The thinking child: `python -m services.scheduler.thinking.child`, started by a scheduler.

Only this process loads numpy, scipy and optuna, and torch for the searches that need it. It reads
questions from its standard input and writes answers to its standard output (`messages.py`), one
after another; it holds nothing else, so it can be killed at any time. When its parent is gone, its
input ends, and it exits at once.
"""

from __future__ import annotations

import importlib
import os
import queue
import signal
import sys
import threading
import traceback
from typing import BinaryIO, Final

from layerlab.domain.problem import Problem, Unavailable
from layerlab.lifecycle import tell_parent
from services.scheduler.thinking.messages import (
    FAILED,
    Answer,
    Judge,
    Question,
    decode_question,
    encode_answer,
)

# Training goes before, but not so far that it would starve this: on Linux, a core that both want
# is shared about 3 to 2.
NICENESS: Final = 2


def main() -> None:
    # The terminal's Ctrl-C reaches the whole group; the parent decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(NICENESS)
    answers, lines = _private_stdout(), _lines()
    if lines.empty():
        # Started before there is a question: for a verdict, which must be quick at a deadline.
        importlib.import_module("services.scheduler.analysis.verdict")
    while True:
        tell_parent(answers, encode_answer(_answer(lines.get())))


def _answer(line: bytes) -> Answer:
    try:
        return _think(decode_question(line))
    except Problem as problem:
        return problem
    except Exception as error:
        traceback.print_exc()
        return Unavailable(FAILED, f"{type(error).__name__}: {error}"[:500])


def _think(question: Question) -> Answer:
    # Each is loaded when it is asked for: a verdict needs no optuna, a search no scipy.
    if isinstance(question, Judge):
        from services.scheduler.analysis.verdict import reach_verdict

        study = question.study
        return reach_verdict(
            study.spec, study.table, question.trials, question.is_final, question.limits
        )
    from services.scheduler.search.learning import propose

    return propose(question.study, question.wish)


def _lines() -> queue.SimpleQueue[bytes]:
    """Of standard input, read in a thread of its own, which notices when the parent is gone."""
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def read() -> None:
        with os.fdopen(os.dup(0), "rb") as stream:
            for line in stream:
                lines.put(line)
        os._exit(0)

    threading.Thread(target=read, daemon=True, name="questions").start()
    return lines


def _private_stdout() -> BinaryIO:
    """The pipe to the parent; whatever anybody prints from now on goes to standard error."""
    stream = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return stream


if __name__ == "__main__":
    main()
