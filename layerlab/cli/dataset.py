"""`layerlab dataset`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from layerlab.cli.exits import errors_as_exit_codes, warn
from layerlab.cli.options import Output, OutputFormat, Server

app = typer.Typer(no_args_is_help=True, help="Upload and look at tables.")

_COLUMNS: Final = ("dataset_id", "name", "rows", "columns", "suggested_target", "created_at")
_PROFILE: Final = ("name", "kind", "missing", "distinct", "minimum", "maximum", "mean", "reason")


@app.command("upload")
def upload(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A CSV.")],
    name: Annotated[str | None, typer.Option(help="What to call it.")] = None,
    output: Output = OutputFormat.TABLE,
    server: Server = None,
) -> None:
    """Upload a CSV; prints its id and what each column is taken for."""
    from layerlab.cli.output import print_json, print_rows
    from layerlab.client import Client

    with errors_as_exit_codes(), Client(server) as client:
        dataset = client.datasets.upload(file, name=name)
    for warning in dataset.warnings:
        warn(warning)
    if output is OutputFormat.JSON:
        print_json(dataset.document)
        return
    if output is OutputFormat.TABLE:
        print(dataset.dataset_id)
    print_rows([column.document for column in dataset.columns], _PROFILE, output)


@app.command("list")
def list_datasets(output: Output = OutputFormat.TABLE, server: Server = None) -> None:
    """Uploaded tables, newest first."""
    from layerlab.cli.output import print_json, print_rows
    from layerlab.client import Client

    with errors_as_exit_codes(), Client(server) as client:
        datasets = [dataset.document for dataset in client.datasets.list()]
    if output is OutputFormat.JSON:
        print_json(datasets)
        return
    print_rows([{**each, "columns": len(each["columns"])} for each in datasets], _COLUMNS, output)


@app.command("get")
def get(
    dataset_id: Annotated[str, typer.Argument(metavar="DATASET_ID")],
    output: Output = OutputFormat.TABLE,
    server: Server = None,
) -> None:
    """One table's profile, column by column."""
    from layerlab.cli.output import print_json, print_rows
    from layerlab.client import Client

    with errors_as_exit_codes(), Client(server) as client:
        dataset = client.datasets.get(dataset_id)
    if output is OutputFormat.JSON:
        print_json(dataset.document)
    else:
        print_rows([column.document for column in dataset.columns], _PROFILE, output)
