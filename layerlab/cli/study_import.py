"""`layerlab study import`: an Optuna study's best trials become a study's own designs."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from layerlab.cli.exits import ExitCode, errors_as_exit_codes, fail, note
from layerlab.cli.options import Server
from layerlab.cli.study_options import parse_duration, parse_source

if TYPE_CHECKING:
    import optuna

_TOP: Final = 50


def import_study(
    source: Annotated[
        str,
        typer.Argument(metavar="FILE_OR_ID", parser=parse_source, help="A CSV, or a dataset id."),
    ],
    target: Annotated[str, typer.Argument(metavar="TARGET", help="The column to predict.")],
    storage: Annotated[
        str, typer.Option(metavar="URL", help="Optuna's, such as sqlite:///optuna.db.")
    ],
    name: Annotated[str, typer.Option(help="Of the Optuna study.")],
    top: Annotated[int, typer.Option(min=1, help="So many of its best trials.")] = _TOP,
    search: Annotated[str | None, typer.Option(help="What goes on after those designs.")] = None,
    seed: Annotated[int | None, typer.Option(help="Decides the split and the designs.")] = None,
    max_trials: Annotated[
        int | None, typer.Option(help="Designs to train; those that are imported, if left out.")
    ] = None,
    max_epochs: Annotated[int | None, typer.Option(help="Of each design.")] = None,
    time_budget: Annotated[
        float | None,
        typer.Option(parser=parse_duration, metavar="DURATION", help="90s, 10m, 1h30m; hard."),
    ] = None,
    server: Server = None,
) -> None:
    """Start a study of the best designs of an Optuna study, the best first; prints its id."""
    from layerlab.client import Client
    from layerlab.client.optuna_trials import read_trials

    with errors_as_exit_codes():
        reading = read_trials(_best_trials(storage, name, top))
        if reading.unread:
            note(f"Left out, since no design has such: {', '.join(reading.unread)}.")
        if reading.refused:
            note(f"{reading.refused} trials are no designs. The first: {reading.complaint}")
        if not reading.designs:
            fail(f"The Optuna study {name!r} has no trial that is a design.")
            raise typer.Exit(ExitCode.ERROR)
        if max_trials is None and time_budget is None:
            max_trials = len(reading.designs)
        with Client(server) as client:
            study = client.studies.create(
                source,
                target,
                name=name,
                designs=[each.to_json() for each in reading.designs],
                search=search,
                seed=seed,
                max_trials=max_trials,
                max_epochs=max_epochs,
                time_budget=time_budget,
            )
        note(f"{len(reading.designs)} designs of {name!r} are tried first.")
        print(study.study_id)


def _best_trials(storage: str, name: str, top: int) -> list[Mapping[str, Any]]:
    """The parameters of the best trials that have a value, the best first."""
    study = _load(storage, name)
    if len(study.directions) > 1:
        note("It has several objectives; the first one decides.")
    is_maximized = study.directions[0].name == "MAXIMIZE"
    ended = [trial for trial in study.get_trials(deepcopy=False) if trial.values]
    ended.sort(key=lambda trial: -trial.values[0] if is_maximized else trial.values[0])
    return [trial.params for trial in ended[:top]]


def _load(storage: str, name: str) -> optuna.Study:
    """:raises typer.Exit: it can't be read."""
    try:
        import optuna
    except ImportError as error:
        fail(
            "Reading an Optuna study needs optuna, which is not installed.",
            "Install it: pip install 'layerlab[optuna]'",
        )
        raise typer.Exit(ExitCode.ERROR) from error
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return optuna.load_study(study_name=name, storage=storage)
    except KeyError as error:
        fail(f"There is no study {name!r} in {storage}.", _others(storage))
        raise typer.Exit(ExitCode.ERROR) from error
    except Exception as error:  # Whatever the storage's own driver raises.
        fail(f"{storage} can't be read as an Optuna storage: {error}")
        raise typer.Exit(ExitCode.ERROR) from error


def _others(storage: str) -> str:
    import optuna

    names = optuna.get_all_study_names(storage)
    return f"There are: {', '.join(names)}." if names else "There is none."
