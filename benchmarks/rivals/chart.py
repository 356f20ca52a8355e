"""The chart of benchmarks.trials: `python -m benchmarks.rivals.chart RESULTS.json CHART.png`.

Trials per hour of each system, in a panel for each workload, labelled with how many times as many
LayerLab trains; and in the last panel the error of the best model so far, over time.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl  # type: ignore[import-not-found]  # It is in the rivals' environment.

mpl.use("agg")
from matplotlib import pyplot as plt
from matplotlib import ticker

_OURS: Final = "LayerLab"
_KINDS: Final = {"equal": "equal designs", "mixed": "mixed random space"}
_COLORS: Final = {
    _OURS: "#1d6fd1",
    "Optuna + Keras": "#d9822b",
    "Optuna + scikit-learn": "#5b9b62",
    "Optuna + torch loop": "#8a6fb3",
    "Ray Tune + torch loop": "#b3574f",
    "Ray Tune, actors reused": "#d39a94",
    "KerasTuner": "#8c8c8c",
}
_TITLES: Final = {"letter": "letter", "small": "breast cancer", "wide": "wide digits"}
_TEXT: Final = "#1f2328"


def main() -> None:
    document = json.loads(Path(sys.argv[1]).read_text())
    plt.rcParams.update(
        {
            "font.size": 10,
            "text.color": _TEXT,
            "axes.edgecolor": "#c4c9d0",
            "axes.labelcolor": _TEXT,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "xtick.color": _TEXT,
            "ytick.color": _TEXT,
        }
    )
    workloads = list(dict.fromkeys(rate["workload"] for rate in document["rates"]))
    searched = list(dict.fromkeys(each["workload"] for each in document["searches"]))
    panels = len(workloads) + len(searched[:1])
    rows = -(-panels // 2)
    figure, grid = plt.subplots(
        rows, 2, figsize=(11.5, 4.9 * rows), squeeze=False, layout="constrained"
    )
    axes = list(grid.flat)
    for axis in axes[panels:]:
        axis.set_axis_off()
    for axis, workload in zip(axes, workloads, strict=False):
        draw_rates(axis, [r for r in document["rates"] if r["workload"] == workload], workload)
    if searched:
        found = [each for each in document["searches"] if each["workload"] == searched[0]]
        draw_searches(axes[panels - 1], found, searched[0])
    figure.suptitle(_caption(document), fontsize=9, x=0.01, ha="left")
    figure.savefig(sys.argv[2], dpi=130, facecolor="white")


def draw_rates(axis: Any, rates: list[dict[str, Any]], workload: str) -> None:
    """Horizontal bars, fastest first, a group for each kind of designs; logarithmic."""
    position, ticks, labels = 0.0, [], []
    slowest = min((_per_hour(rate) for rate in rates if rate["trials"]), default=1.0)
    for kind, title in _KINDS.items():
        group = [rate for rate in rates if rate["kind"] == kind and rate["trials"]]
        if not group:
            continue
        axis.text(0, position, title, transform=axis.get_yaxis_transform(), fontweight="bold",
                  va="center")  # fmt: skip
        ours = next((_per_hour(rate) for rate in group if rate["system"] == _OURS), None)
        for rate in sorted(group, key=_per_hour, reverse=True):
            position += 1
            value, system = _per_hour(rate), rate["system"]
            axis.barh(position, value, color=_COLORS[system], height=0.72)
            ratio = f"  ({_times(ours / value)})" if ours and system != _OURS else ""
            axis.text(value * 1.12, position, f"{value:,.0f}{ratio}", va="center", fontsize=9)
            ticks.append(position)
            labels.append(system)
        position += 1.6
    axis.set_xscale("log")
    # Room for the shortest bar, and for the labels to the right of the longest one.
    axis.set_xlim(slowest / 3, axis.get_xlim()[1] * 6)
    axis.set_yticks(ticks, labels)
    axis.set_ylim(position - 1, -0.8)
    axis.set_title(f"{_TITLES[workload]}: trials per hour", loc="left", fontsize=11)
    axis.set_xlabel("trials/h, logarithmic; in brackets: LayerLab is so many times as fast")
    axis.xaxis.label.set_size(8)


def draw_searches(axis: Any, found: list[dict[str, Any]], workload: str) -> None:
    """The error of the best model so far; logarithmic, so that the last per cent shows."""
    for each in found:
        if not each["curve"]:
            continue
        times = [at for at, _ in each["curve"]] + [each["seconds"]]
        errors = [100 * (1 - score) for _, score in each["curve"]]
        errors.append(errors[-1])
        axis.step(times, errors, where="post", label=each["system"], lw=2,
                  color=_COLORS[each["system"]])  # fmt: skip
    axis.set_yscale("log")
    axis.yaxis.set_major_formatter(ticker.FormatStrFormatter("%g"))
    axis.yaxis.set_minor_locator(ticker.LogLocator(subs=(2, 5)))
    axis.yaxis.set_minor_formatter(ticker.FormatStrFormatter("%g"))
    axis.set_xlim(0, max(each["seconds"] for each in found))
    axis.set_title(f"{_TITLES[workload]}: best model so far", loc="left", fontsize=11)
    axis.set_xlabel("seconds since the start of the search")
    axis.set_ylabel("validation error, %")
    axis.grid(axis="y", which="both", color="#eceef1")
    axis.legend(frameon=False)


def _times(ratio: float) -> str:
    return f"{ratio:,.0f}×" if ratio >= 10 else f"{ratio:.1f}×"


def _per_hour(rate: dict[str, Any]) -> float:
    return float(rate["trials"] / rate["seconds"] * 3600)


def _caption(document: dict[str, Any]) -> str:
    machine = document["machine"]
    return (
        f"{machine['processor']}, {machine['cores']} cores, "
        f"{machine['memory_gigabytes']:.0f} GB; Python {machine['versions']['Python']}, "
        f"torch {machine['versions']['torch']}; {document['date']}.\nSame rows, same designs, "
        "each system alone on the machine; LayerLab with upload, REST, queue and ledger."
    )


if __name__ == "__main__":
    main()
