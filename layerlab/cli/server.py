"""`layerlab up` and `layerlab doctor`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from layerlab.cli.exits import ExitCode
from layerlab.cli.options import Output, OutputFormat, Server

DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Where everything is kept.", show_default="./layerlab-data"),
]


def up(
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="Of the page and REST.", show_default="8080"),
    ] = None,
    data_dir: DataDir = None,
    trainers: Annotated[
        int | None,
        typer.Option(min=1, max=64, help="Cohorts at a time.", show_default="1 a core, up to 4"),
    ] = None,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
) -> None:
    """Serve everything on this machine, until Ctrl-C."""
    from services.local.__main__ import run

    flags = {"port": port, "data_dir": data_dir, "trainers": trainers, "open": open_page or None}
    raise typer.Exit(run({name: value for name, value in flags.items() if value is not None}))


def doctor(
    data_dir: DataDir = None, output: Output = OutputFormat.TABLE, server: Server = None
) -> None:
    """Check what this machine has and lacks; exit 1 when LayerLab can't run on it."""
    from layerlab.cli.checkup import run_checks
    from layerlab.cli.output import print_rows

    checks = run_checks(data_dir or Path("layerlab-data"), server)
    rows = [{"check": each.name, "result": each.result, "detail": each.detail} for each in checks]
    print_rows(rows, ("check", "result", "detail"), output)
    if any(each.result == "fail" for each in checks):
        raise typer.Exit(ExitCode.ERROR)
