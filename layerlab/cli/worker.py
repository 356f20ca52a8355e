"""`layerlab worker`."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from layerlab.cli.exits import errors_as_exit_codes, note
from layerlab.cli.options import Output, OutputFormat, Server

WorkerId = Annotated[str, typer.Argument(metavar="WORKER_ID", help="As `worker list` shows it.")]

app = typer.Typer(no_args_is_help=True, help="See who trains, and have workers end their work.")

_COLUMNS: Final = (
    "worker_id", "host", "pid", "device", "threads", "heartbeat_age_seconds", "study_id",
    "cohort_id", "purpose", "lanes", "draining",
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


@app.command("drain")
def drain(worker_id: WorkerId, server: Server = None) -> None:
    """Have a trainer end what it holds and take no more; prints whether it still trains."""
    from layerlab.client import Client

    with errors_as_exit_codes(), Client(server) as client:
        print("training" if client.drain_worker(worker_id)["cohort_id"] else "idle")
    note(f"Draining. Have it take cohorts again with: layerlab worker resume {worker_id}")


@app.command("resume")
def resume(worker_id: WorkerId, server: Server = None) -> None:
    """Have a drained trainer take cohorts again; prints whether it trains."""
    from layerlab.client import Client

    with errors_as_exit_codes(), Client(server) as client:
        print("training" if client.resume_worker(worker_id)["cohort_id"] else "idle")


@app.command("queue")
def queue(output: Output = OutputFormat.TABLE, server: Server = None) -> None:
    """How much waits for trainers, and how fast it goes."""
    from layerlab.cli.output import print_document
    from layerlab.client import Client

    with errors_as_exit_codes(), Client(server) as client:
        answer = client.queue()
    if output is not OutputFormat.JSON:
        del answer["history"]
    print_document(answer, output)
