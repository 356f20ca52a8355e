"""optuna-dashboard, started as its users do, with the same trials as ours."""

from __future__ import annotations

import json
import random
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser

from benchmarks.support.browser import Opening, measure_opening, median_opening
from benchmarks.support.rivals import page_python
from benchmarks.support.seeded_study import count_params, draw_design, limit_of
from tests.servers import free_port

# A trial of its list; the entries of its menu have no chip.
_ROW: Final = ".MuiListItemButton-root .MuiChip-root"
# One takes half a minute.
_ROUNDS: Final = 2


def measure_dashboard(
    folder: Path, browser: Browser, trials: int, parts: Sequence[str], rounds: int
) -> dict[str, Opening]:
    """Of the `load` and `open` of benchmarks.page, those among `parts`.

    :raises RivalFailed: it can't be installed.
    """
    folder.mkdir()
    python = page_python()
    (folder / "trials.json").write_text(json.dumps(_trials(trials)))
    storage = f"sqlite:///{folder}/study.db"
    module = ["-m", "benchmarks.rivals.optuna_page", str(folder / "trials.json"), storage]
    subprocess.run([python, *module], check=True, cwd=Path(__file__).parents[2])
    found: dict[str, Opening] = {}
    with _dashboard(python.parent / "optuna-dashboard", storage) as url:
        if "load" in parts:
            # Its list of studies has a card a study.
            home = [measure_opening(browser, url, "a[href*='studies/']") for _ in range(rounds)]
            found["load"] = median_opening(home)
        if "open" in parts:
            place = f"{url}/dashboard/studies/1/trials"
            measure_opening(browser, place, _ROW)
            found["open"] = median_opening(
                [measure_opening(browser, place, _ROW) for _ in range(_ROUNDS)]
            )
    return found


def _trials(count: int) -> list[dict[str, object]]:
    """As the seeded study's: a parameter for each field of its designs that differs."""
    trials: list[dict[str, object]] = []
    for number in range(1, count + 1):
        chance = random.Random(number)
        design = draw_design(chance)
        limit = limit_of(design, chance)
        told = design.to_json()
        names = ("activation", "norm", "dropout", "optimizer", "learning_rate", "weight_decay",
                 "batch_size")  # fmt: skip
        params: dict[str, object] = {name: told[name] for name in names}
        params |= {"n_layers": design.n_layers, "n_params": count_params(design)}
        epochs = [limit * (1 - 0.7**epoch) for epoch in range(1, 13)]
        trials.append({"params": params, "value": limit, "epochs": epochs})
    return trials


@contextmanager
def _dashboard(command: Path, storage: str) -> Iterator[str]:
    port = free_port()
    words = [str(command), storage, "--port", str(port), "--host", "127.0.0.1"]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{url}/api/studies")
        yield url
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(url: str) -> None:
    for _ in range(300):
        with suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.2)
    raise TimeoutError(f"{url} does not answer")
