"""`layerlab trial`."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from layerlab.cli.exits import ExitCode, errors_as_exit_codes, note
from layerlab.cli.options import Output, OutputFormat, Server, StudyId

app = typer.Typer(no_args_is_help=True, help="Look at single designs of a study.")

_PATIENCE_SECONDS: Final = 3600.0


@app.command("list")
def list_trials(
    study_id: StudyId,
    order_by: Annotated[str, typer.Option(help="A field; - before it to descend.")] = "number",
    state: Annotated[str | None, typer.Option(help="Only this state.")] = None,
    limit: Annotated[int | None, typer.Option("--limit", "-n", min=1)] = None,
    purpose: Annotated[
        str | None, typer.Option(help="search, confirm, baseline, ablation, rows or all.")
    ] = None,
    output: Output = OutputFormat.TABLE,
    server: Server = None,
) -> None:
    """Every trial, in any order."""
    from layerlab.cli.live import LEADER_COLUMNS
    from layerlab.cli.output import print_json, print_rows
    from layerlab.client import Client
    from layerlab.client.leaderboard import COLUMNS, build_leaderboard

    with errors_as_exit_codes(), Client(server) as client:
        trials = list(client.studies.get(study_id).trials(order_by, state, limit, purpose))
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


@app.command("receipt")
def receipt(
    study_id: StudyId,
    number: Annotated[int, typer.Argument(min=1, help="The trial's number.")],
    output: Output = OutputFormat.TABLE,
    server: Server = None,
) -> None:
    """What a trial's result depends on: enough to get it again."""
    from layerlab.cli.output import print_document
    from layerlab.client import Client

    with errors_as_exit_codes(), Client(server) as client:
        print_document(client.studies.get(study_id).receipt(number), output)


@app.command("verify")
def verify(
    study_id: StudyId,
    number: Annotated[int, typer.Argument(min=1, help="The trial's number.")],
    output: Output = OutputFormat.TABLE,
    server: Server = None,
) -> None:
    """Train a trial again, and compare; ends with 1 where the results differ."""
    from layerlab.cli.output import print_json
    from layerlab.client import Client

    with errors_as_exit_codes(), Client(server) as client:
        found = client.studies.get(study_id).verify(number, timeout=_PATIENCE_SECONDS)
    if output is OutputFormat.JSON:
        print_json(found.document)
    else:
        print(found.state)
        for line in (*found.differences, found.detail):
            note(line)
    if not found.matches:
        raise typer.Exit(ExitCode.ERROR)


@app.command("evaluate")
def evaluate(
    study_id: StudyId,
    number: Annotated[int, typer.Argument(min=1, help="The trial's number.")],
    output: Output = OutputFormat.TABLE,
    server: Server = None,
) -> None:
    """Where a trial is right and where it is wrong: confusion matrix, or errors."""
    from layerlab.cli.evaluation_table import evaluation_rows
    from layerlab.cli.output import print_json, print_rows
    from layerlab.client import Client
    from layerlab.domain.evaluation_document import evaluation_to_json

    with errors_as_exit_codes(), Client(server) as client:
        found = client.studies.get(study_id).evaluation(number, timeout=_PATIENCE_SECONDS)
    if output is OutputFormat.JSON:
        print_json(evaluation_to_json(found))
        return
    note(f"On {found.n:,} {found.rows} rows.")
    print_rows(*evaluation_rows(found), output)
