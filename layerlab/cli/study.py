"""`layerlab study`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final

import typer

from layerlab.cli.exits import errors_as_exit_codes, warn
from layerlab.cli.options import Output, OutputFormat, Server, StudyId
from layerlab.cli.study_create import create
from layerlab.cli.study_describe import delete, describe, export, restore
from layerlab.cli.study_import import import_study
from layerlab.cli.study_options import parse_design
from layerlab.cli.study_watch import print_leaderboard, watch_study

app = typer.Typer(no_args_is_help=True, help="Search for the network that fits a table.")

_COLUMNS: Final = ("study_id", "name", "state", "done", "best", "target", "dataset", "created_at")


app.command("create")(create)
app.command("import")(import_study)
app.command("describe")(describe)
app.command("delete")(delete)
app.command("restore")(restore)
app.command("export")(export)


@app.command("list")
def list_studies(
    query: Annotated[str | None, typer.Option(help="Words of name, target, note or tags.")] = None,
    state: Annotated[str | None, typer.Option(help="Only this state.")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="Only with this tag; repeatable.")] = None,
    deleted: Annotated[
        bool, typer.Option("--deleted", help="Those that were deleted, instead.")
    ] = False,
    output: Output = OutputFormat.TABLE,
    server: Server = None,
) -> None:
    """Studies, newest first."""
    from layerlab.cli.output import print_json, print_rows
    from layerlab.client import Client

    with errors_as_exit_codes(), Client(server) as client:
        studies = [
            study.document for study in client.studies.list(query, state, tag or (), deleted)
        ]
    if output is OutputFormat.JSON:
        print_json(studies)
    else:
        print_rows([_summary(each) for each in studies], _COLUMNS, output)


@app.command("get")
def get(study_id: StudyId, output: Output = OutputFormat.TABLE, server: Server = None) -> None:
    """One study: its state, progress and leader."""
    from layerlab.cli.output import print_document
    from layerlab.client import Client

    with errors_as_exit_codes(), Client(server) as client:
        print_document(client.studies.get(study_id).document, output)


@app.command("watch")
def watch(study_id: StudyId, output: Output = OutputFormat.TABLE, server: Server = None) -> None:
    """Follow a study to its end; Ctrl-C leaves it running."""
    from layerlab.client import Client

    with errors_as_exit_codes(), Client(server) as client:
        watch_study(client.studies.get(study_id), output)


@app.command("leaderboard")
def leaderboard(
    study_id: StudyId,
    limit: Annotated[
        int | None,
        typer.Option("--limit", "-n", min=1, help="Rows.", show_default="20 in a table, else all"),
    ] = None,
    output: Output = OutputFormat.TABLE,
    server: Server = None,
) -> None:
    """The designs of a study, best first."""
    from layerlab.client import Client

    with errors_as_exit_codes(), Client(server) as client:
        print_leaderboard(client.studies.get(study_id), output, limit)


@app.command("verdict")
def verdict(study_id: StudyId, output: Output = OutputFormat.TABLE, server: Server = None) -> None:
    """Which design to use, and how sure one can be."""
    from layerlab.cli.output import print_json, stdout_console
    from layerlab.cli.verdict import print_verdict
    from layerlab.client import Client
    from layerlab.domain.verdict_document import verdict_to_json

    with errors_as_exit_codes(), Client(server) as client:
        found = client.studies.get(study_id).verdict()
    if output is OutputFormat.JSON:
        print_json(verdict_to_json(found))
    else:
        print_verdict(found, stdout_console())


@app.command("add")
def add(
    study_id: StudyId,
    design: Annotated[
        list[Any],
        typer.Option(parser=parse_design, metavar="JSON|@FILE", help="A design; repeatable."),
    ],
    server: Server = None,
) -> None:
    """Have designs of your own tried next; prints how many are new."""
    from layerlab.client import Client

    with errors_as_exit_codes(), Client(server) as client:
        answer = client.studies.get(study_id).add_designs(design)
    for known, number in answer.known:
        place = f"trial {number}" if number else "waiting for its trial"
        warn(f"{'×'.join(map(str, known.hidden)) or 'linear'} was asked for before: {place}.")
    print(len(answer.added))


def _add_verb(verb: str, does: str) -> None:
    @app.command(verb, help=does)
    def command(study_id: StudyId, server: Server = None) -> None:
        from layerlab.client import Client, Study

        tell: Callable[[Study], Study] = getattr(Study, verb)
        with errors_as_exit_codes(), Client(server) as client:
            print(tell(client.studies.get(study_id)).state)


_add_verb("suspend", "No new designs for now; those under way go on.")
_add_verb("resume", "Go on after a suspension.")
_add_verb("stop", "No new designs; those under way end, then the study does.")
_add_verb("cancel", "End the study and everything under way at once.")


def _summary(document: dict[str, Any]) -> dict[str, Any]:
    progress, best = document["progress"], document.get("best")
    return {
        **document,
        "done": f"{progress['done']}/{progress['total']}",
        "best": best["score_val"] if best else None,
        "dataset": document["dataset_name"],
    }
