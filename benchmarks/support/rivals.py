"""The rivals: their environment, their processes, and what they say."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import tempfile
import threading
import venv
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks.support.memory import Family

_REPOSITORY: Final = Path(__file__).parents[2]
_REQUIREMENTS: Final = _REPOSITORY / "benchmarks" / "rivals" / "requirements.txt"
_CACHE: Final = Path.home() / ".cache" / "layerlab-benchmarks"
# To import, to warm up, and to end, beside what is measured.
_AROUND_SECONDS: Final = 120.0
_STOP_SECONDS: Final = 10.0
_INSTALL_SECONDS: Final = 1200.0
_SAID_AT_LAST: Final = 2000


@dataclass(frozen=True, slots=True)
class Rival:
    name: str
    title: str
    module: str
    arguments: tuple[str, ...] = ()


RIVALS: Final = {
    each.name: each
    for each in (
        Rival("keras", "Optuna + Keras", "optuna_keras"),
        Rival("torch", "Optuna + torch loop", "optuna_torch"),
        Rival("sklearn", "Optuna + scikit-learn", "optuna_sklearn"),
        Rival("ray", "Ray Tune + torch loop", "ray_tune"),
        Rival("ray-reuse", "Ray Tune, actors reused", "ray_tune", ("reuse",)),
        Rival("keras-tuner", "KerasTuner", "tuner_keras"),
    )
}


class RivalFailed(Exception):
    """The rivals can't be installed, or the chart can't be drawn; the text says why."""


@dataclass(slots=True)
class Heard:
    """What a rival has said of one run: its lines, and the peak of its memory in bytes."""

    lines: list[dict[str, Any]] = field(default_factory=list)
    memory: int = 0


@dataclass(slots=True)
class Account:
    """All that a process has said, and why it ended before it had done everything, if it did."""

    versions: dict[str, str] = field(default_factory=dict)
    runs: dict[str, Heard] = field(default_factory=dict)
    error: str = ""


def rivals_python() -> Path:
    """Of the environment that has the rivals; made when it isn't there, or not of these versions.

    :raises RivalFailed: when they can't be installed; that is tried once.
    """
    return _python_with("rivals", _REQUIREMENTS)


def page_python() -> Path:
    """Likewise of the environment that has the pages of others."""
    return _python_with("page", _REQUIREMENTS.with_name("page_requirements.txt"))


def _python_with(name: str, requirements: Path) -> Path:
    error = _install(_CACHE / name, requirements)
    if error:
        raise RivalFailed(error)
    return _CACHE / name / "bin" / "python"


@functools.cache
def _install(folder: Path, requirements: Path) -> str:
    """Why it could not be done; nothing when the rivals are there."""
    stamp, wanted = folder / "requirements.txt", requirements.read_text()
    if stamp.exists() and stamp.read_text() == wanted:
        return ""
    print(f"Installing the rivals in {folder} …", flush=True)
    words = ["-m", "pip", "--disable-pip-version-check", "install", "--quiet", "-r"]
    try:
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run(
            [folder / "bin" / "python", *words, requirements],
            capture_output=True,
            text=True,
            check=True,
            timeout=_INSTALL_SECONDS,
        )
    except (OSError, subprocess.SubprocessError) as error:
        said = getattr(error, "stderr", None) or str(error)
        return f"the rivals can't be installed: {str(said)[-_SAID_AT_LAST:]}"
    stamp.write_text(wanted)
    return ""


def run_rival(python: Path, rival: Rival, job: Mapping[str, Any]) -> Account:
    """Runs `job` (see benchmarks/rivals/job.py) in a process of its own, and ends all that it has
    started. What it says before it crashes, or is ended because it takes too long, counts.
    """
    limit = _AROUND_SECONDS + 3 * job["seconds"] * len(job["runs"])
    family = Family()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "job.json").write_text(json.dumps(job))
        words = [python, "-m", f"benchmarks.rivals.{rival.module}", folder / "job.json"]
        words += rival.arguments
        with (
            (folder / "errors").open("wb") as errors,
            _process(words, folder, family, errors) as process,
            _limited(limit, family) as is_late,
            family.watched(),
        ):
            account = _listen(process, family)
            code = process.wait(_STOP_SECONDS)
        if is_late():
            account.error = f"had not ended after {limit:.0f} s"
        elif code:
            said = (folder / "errors").read_text(errors="replace")[-_SAID_AT_LAST:]
            account.error = f"ended with {code}: {said}"
    return account


@contextmanager
def _process(
    words: list[Any], folder: Path, family: Family, errors: Any
) -> Iterator[subprocess.Popen[str]]:
    environment = {
        **os.environ,
        **family.environment,
        "PYTHONPATH": str(_REPOSITORY),
        "KERAS_BACKEND": "torch",
        # Its files are its own, and go with the folder.
        "TMPDIR": str(folder),
    }
    process = subprocess.Popen(
        words, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True
    )
    try:
        yield process
    finally:
        family.kill()
        process.wait(_STOP_SECONDS)


@contextmanager
def _limited(seconds: float, family: Family) -> Iterator[Callable[[], bool]]:
    """Kills the family after `seconds`; what it yields says whether that was necessary."""
    fired = threading.Event()

    def end() -> None:
        fired.set()
        family.kill()

    timer = threading.Timer(seconds, end)
    timer.start()
    try:
        yield fired.is_set
    finally:
        timer.cancel()


def _listen(process: subprocess.Popen[str], family: Family) -> Account:
    account, current = Account(), Heard()
    assert process.stdout
    for line in process.stdout:
        if not line.startswith('{"event"'):
            continue  # Libraries print, too.
        said = json.loads(line)
        if said["event"] == "ready":
            account.versions = said["versions"]
        elif said["event"] == "started":
            current.memory = family.take_peak()[0]
            current = account.runs.setdefault(said["run"], Heard())
        else:
            current.lines.append(said)
    current.memory = family.take_peak()[0]
    return account
