"""`layerlab worker`."""

from __future__ import annotations

from typing import Final

import typer

from layerlab.cli.exits import errors_as_exit_codes
from layerlab.cli.options import Output, OutputFormat, Server

app = typer.Typer(no_args_is_help=True, help="See who trains.")

_COLUMNS: Final = (
    "worker_id", "host", "pid", "device", "threads", "heartbeat_at", "study_id", "cohort_id",
    "draining",
)  # fmt: skip


@app.command("list")
def list_workers(output: Output = OutputFormat.TABLE, server: Server = None) -> None:
    """Trainers that were heard of lately, and how much waits for them."""
    from layerlab.cli.output import print_json, print_rows
    from layerlab.client import Client

    with errors_as_exit_codes(), Client(server) as client:
        answer = client.workers()
    if output is OutputFormat.JSON:
        print_json(answer)
    else:
        print_rows(answer["workers"], _COLUMNS, output)
