"""`layerlab`: data on stdout, everything else on stderr."""

from __future__ import annotations

from typing import Annotated

import typer

from layerlab import __version__
from layerlab.cli import dataset, study, trial, worker
from layerlab.cli.demo import demo
from layerlab.cli.server import doctor, up

app = typer.Typer(
    name="layerlab",
    no_args_is_help=True,
    # A stack trace is for us; what a user can act on was said before it.
    pretty_exceptions_enable=False,
)


def _print_version(asked: bool) -> None:
    if asked:
        print(__version__)
        raise typer.Exit


@app.callback()
def root(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print it and end."),
    ] = False,
) -> None:
    """Which neural network should I use for this table, and how sure can I be?"""


app.command("up")(up)
app.command("demo")(demo)
app.command("doctor")(doctor)
app.add_typer(dataset.app, name="dataset")
app.add_typer(study.app, name="study")
app.add_typer(trial.app, name="trial")
app.add_typer(worker.app, name="worker")


def main() -> None:
    """The `layerlab` command."""
    app()


if __name__ == "__main__":
    main()
