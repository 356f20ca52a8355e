"""The trials of a study, best first, as rows."""

from __future__ import annotations

import html
import importlib
from collections.abc import Iterable
from typing import Any, Final

from layerlab.client.documents import Trial
from layerlab.client.errors import LayerLabError

COLUMNS: Final = (
    "rank", "number", "state", "score_val", "score_test", "hidden", "activation", "norm", "dropout",
    "residual", "optimizer", "learning_rate", "weight_decay", "batch_size", "momentum", "schedule",
    "warmup_epochs", "class_weight", "n_layers", "n_params", "epochs", "fit_time_seconds",
    "val_loss", "reason", "stop_reason",
)  # fmt: skip


class Leaderboard(list[dict[str, Any]]):
    """A list of rows, best first, which notebooks show as a table."""

    def to_frame(self) -> Any:
        """A pandas DataFrame.

        :raises LayerLabError: when pandas isn't installed here.
        """
        try:
            pandas = importlib.import_module("pandas")
        except ImportError as error:
            raise LayerLabError("to_frame() needs pandas: pip install pandas") from error
        return pandas.DataFrame(list(self), columns=list(COLUMNS))

    def _repr_html_(self) -> str:
        rows = "".join(_html_row("td", [row[name] for name in COLUMNS]) for row in self)
        return f"<table>{_html_row('th', COLUMNS)}{rows}</table>"


def build_leaderboard(trials: Iterable[Trial]) -> Leaderboard:
    return Leaderboard(_row(rank, trial) for rank, trial in enumerate(trials, start=1))


def _row(rank: int, trial: Trial) -> dict[str, Any]:
    values = {**trial.document["design"], **trial.document, "rank": rank}
    return {name: values.get(name) for name in COLUMNS}


def _html_row(tag: str, cells: Iterable[object]) -> str:
    return "<tr>" + "".join(f"<{tag}>{html.escape(str(c))}</{tag}>" for c in cells) + "</tr>"
