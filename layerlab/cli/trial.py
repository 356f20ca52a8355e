"""`layerlab trial`."""

from __future__ import annotations

from typing import Annotated

import typer

from layerlab.cli.exits import errors_as_exit_codes
from layerlab.cli.options import Output, OutputFormat, Server, StudyId

app = typer.Typer(no_args_is_help=True, help="Look at single designs of a study.")


@app.command("list")
def list_trials(
    study_id: StudyId,
    order_by: Annotated[str, typer.Option(help="A field; - before it to descend.")] = "number",
    state: Annotated[str | None, typer.Option(help="Only this state.")] = None,
    limit: Annotated[int | None, typer.Option("--limit", "-n", min=1)] = None,
    output: Output = OutputFormat.TABLE,
    server: Server = None,
) -> None:
    """Every trial, in any order."""
    from layerlab.cli.live import LEADER_COLUMNS
    from layerlab.cli.output import print_json, print_rows
    from layerlab.client import Client
    from layerlab.client.leaderboard import COLUMNS, build_leaderboard

    with errors_as_exit_codes(), Client(server) as client:
        trials = list(client.studies.get(study_id).trials(order_by, state, limit))
    if output is OutputFormat.JSON:
        print_json([trial.document for trial in trials])
        return
    columns = LEADER_COLUMNS if output is OutputFormat.TABLE else COLUMNS
    # A rank belongs to the leaderboard, not to any order.
    print_rows(build_leaderboard(trials), [name for name in columns if name != "rank"], output)


@app.command("get")
def get(
    study_id: StudyId,
    number: Annotated[int, typer.Argument(min=1, help="The trial's number.")],
    output: Output = OutputFormat.TABLE,
    server: Server = None,
) -> None:
    """One trial, with its learning curve."""
    from layerlab.cli.output import print_document
    from layerlab.client import Client

    with errors_as_exit_codes(), Client(server) as client:
        print_document(client.studies.get(study_id).trial(number).document, output)
