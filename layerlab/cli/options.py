"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class OutputFormat(StrEnum):
    TABLE = "table"
    JSON = "json"
    CSV = "csv"


Output = Annotated[
    OutputFormat, typer.Option("--output", "-o", help="How to print what was asked for.")
]
Server = Annotated[
    str | None,
    typer.Option(
        "--server",
        envvar="LAYERLAB_SERVER_URL",
        help="The server's address.",
        show_default="http://127.0.0.1:8080",
    ),
]
StudyId = Annotated[str, typer.Argument(metavar="STUDY_ID", help="As `study list` shows it.")]
