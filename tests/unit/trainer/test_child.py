"""The training child as a process, and what its parent loads."""

from __future__ import annotations

import subprocess
import sys

import pytest

from services.trainer.frames import read_frame
from services.trainer.message_frames import message_from_frame
from services.trainer.messages import Ready

CHILD = [sys.executable, "-m", "services.trainer.child", "--device", "cpu"]


def python(code: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60)


@pytest.mark.parametrize("ready", [False, True], ids=["while loading", "when ready"])
def test_it_exits_when_its_parent_is_gone(ready: bool) -> None:
    with subprocess.Popen(CHILD, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin
        assert child.stdout
        if ready:
            frame = read_frame(child.stdout)  # type: ignore[arg-type]  # A pipe reads as a file does.
            assert frame is not None
            assert message_from_frame(frame) == Ready("cpu", 1)
        child.stdin.close()
        assert child.wait(timeout=30) == 0


def test_it_has_no_complaint_when_its_parent_is_gone_before_its_input_ends() -> None:
    with subprocess.Popen(
        CHILD, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        assert child.stdin
        assert child.stdout
        assert child.stderr
        child.stdout.close()
        # It says that it is ready, to nobody.
        assert child.wait(timeout=30) == 0
        assert child.stderr.read() == b""
        child.stdin.close()


def test_nonsense_ends_it() -> None:
    done = subprocess.run(CHILD, input=b"\x00" * 7, capture_output=True, timeout=60)
    assert b"BrokenFrame" in done.stderr
    assert done.returncode == 0


def test_what_anybody_prints_does_not_reach_the_parent() -> None:
    done = python(
        "import os, sys\n"
        "from services.trainer.processes import private_stdout\n"
        "stream = private_stdout()\n"
        "print('noise'); os.write(1, b'noise'); os.system('echo noise')\n"
        "stream.write(b'clean'); stream.flush()"
    )
    assert done.stdout == b"clean"
    assert done.stderr.count(b"noise") == 3


def test_the_parent_loads_neither_torch_nor_numpy() -> None:
    done = python(
        "import sys, services.trainer.service, services.trainer.__main__\n"
        "print(sorted({'torch', 'numpy', 'keras', 'safetensors'} & set(sys.modules)))"
    )
    assert done.stdout.strip() == b"[]", done.stderr


def test_a_process_of_its_own_refuses_the_queue_in_memory() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "services.trainer"], capture_output=True, timeout=60
    )
    assert done.returncode == 1
    assert b"layerlab up" in done.stderr
    assert b"Traceback" not in done.stderr
