"""`layerlab up` and `layerlab doctor`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from layerlab.cli.exits import ExitCode
from layerlab.cli.options import Output, OutputFormat, Server

if TYPE_CHECKING:
    from layerlab.cli.check import Check

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
    """Check this machine; or the deployment that --server and LAYERLAB_* settings name.

    Exit 1: something doesn't work; 4: the deployment's gateway can't be reached.
    """
    from layerlab.cli.deployment import Settings, check_deployment
    from layerlab.cli.output import print_checks, print_rows
    from layerlab.logs import configure_logs
    from layerlab.settings import read_settings

    # What the adapters would log is among the results.
    configure_logs("doctor", "CRITICAL")
    settings = read_settings(Settings, {})
    deployed = settings.names_a_deployment
    checks, reached = _ask_gateway(server, is_needed=deployed or server is not None)
    if deployed:
        checks += asyncio.run(check_deployment(settings))
    else:
        from layerlab.cli.checkup import check_machine

        checks = [*check_machine(data_dir or Path("layerlab-data")), *checks]
    rows = [
        {"check": each.name, "result": each.result, "detail": each.detail, "hint": each.hint}
        for each in checks
    ]
    if output is OutputFormat.TABLE:
        print_checks(checks)
    else:
        print_rows(rows, ("check", "result", "detail", "hint"), output)
    if not reached:
        raise typer.Exit(ExitCode.UNREACHABLE)
    if any(each.result == "fail" for each in checks):
        raise typer.Exit(ExitCode.ERROR)


def _ask_gateway(server: str | None, is_needed: bool) -> tuple[list[Check], bool]:
    """What was found, and whether a gateway that must be there is."""
    from layerlab.cli.check import Check
    from layerlab.cli.gateway_check import Unreachable, check_gateway
    from layerlab.client.client import DEFAULT_URL

    try:
        return check_gateway(server or DEFAULT_URL), True
    except Unreachable as error:
        if not is_needed:
            return [Check("gateway", "warn", str(error), "Start one with `layerlab up`.")], True
        hint = "See whether it runs, and whether --server names it."
        return [Check("gateway", "fail", f"can't be reached: {error}", hint)], False
