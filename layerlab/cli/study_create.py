"""`layerlab study create`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from layerlab.cli.exits import errors_as_exit_codes
from layerlab.cli.options import Output, OutputFormat, Server
from layerlab.cli.study_options import (
    constraints_of,
    parse_design,
    parse_duration,
    parse_halving,
    parse_kind,
    parse_source,
    parse_split,
    say_price,
)
from layerlab.cli.study_watch import watch_study

if TYPE_CHECKING:
    from layerlab.client import Study


def _parse_space(text: str) -> dict[str, Any]:
    """YAML or JSON, or the name of a file of it, with @ or without."""
    from layerlab.client.space_text import BadSpaceText, read_space

    try:
        return read_space(Path(text[1:]) if text.startswith("@") else text)
    except (BadSpaceText, OSError) as error:
        raise typer.BadParameter(str(error)) from error


_Source = Annotated[
    str,
    typer.Argument(metavar="FILE_OR_ID", parser=parse_source, help="A CSV, or a dataset id."),
]
_Target = Annotated[str, typer.Option("--target", "-t", help="The column to predict.")]
_Follow = Annotated[bool, typer.Option("--follow", "--wait", "-f", help="Watch it to its end.")]
_Name = Annotated[str | None, typer.Option(help="What to call it.")]
_Task = Annotated[str | None, typer.Option(help="classification or regression.")]
_Preset = Annotated[str | None, typer.Option(help="quick, balanced or thorough.")]
_Space = Annotated[
    dict[str, Any] | None,
    typer.Option(parser=_parse_space, metavar="YAML|FILE", help="What designs may be; or JSON."),
]
_Search = Annotated[
    str | None, typer.Option(help="random, grid, quasi_random, tpe, gp, cmaes or nsga2.")
]
_Recipe = Annotated[str | None, typer.Option(help="paper, standard or quantile.")]
_Engine = Annotated[str | None, typer.Option(help="fused or keras.")]
_Seed = Annotated[int | None, typer.Option(help="Decides the split and the designs.")]
_MaxTrials = Annotated[int | None, typer.Option(help="Designs to train.")]
_MaxEpochs = Annotated[int | None, typer.Option(help="Of each design.")]
_TimeBudget = Annotated[
    float | None,
    typer.Option(parser=parse_duration, metavar="DURATION", help="90s, 10m, 1h30m; hard."),
]
_Halving = Annotated[
    Any | None,
    typer.Option(
        parser=parse_halving,
        metavar="auto|off|FACTOR[:EPOCHS]",
        help="Dropping weak designs early; 3:2 keeps a third at a time, first after 2 epochs.",
    ),
]
_Metric = Annotated[
    str | None, typer.Option(help="accuracy, balanced_accuracy, log_loss, auc, f1; r2, …")
]
_Split = Annotated[
    dict[str, Any] | None,
    typer.Option(
        parser=parse_split,
        metavar="METHOD[:COLUMN]",
        help="stratified, or such as grouped:patient or time:date.",
    ),
]
_Folds = Annotated[int | None, typer.Option(help="Of the rows that designs learn from.")]
_MaxParams = Annotated[int | None, typer.Option(help="No larger designs.")]
_MaxTrialTime = Annotated[
    float | None,
    typer.Option(parser=parse_duration, metavar="DURATION", help="No slower designs."),
]
_Design = Annotated[
    list[Any] | None,
    typer.Option(parser=parse_design, metavar="JSON|@FILE", help="Try this first; repeatable."),
]
_Kind = Annotated[
    list[Any] | None,
    typer.Option(
        "--kind",
        parser=parse_kind,
        metavar="COLUMN=KIND",
        help="number, category, date, text, id, constant or ignore; repeatable.",
    ),
]
_Verdict = Annotated[
    str | None, typer.Option(help="auto, or off: no comparison of the best designs.")
]
_Estimate = Annotated[bool, typer.Option("--estimate", help="Say first what it will take.")]
_DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what it would take.")]


def create(
    source: _Source,
    target: _Target,
    follow: _Follow = False,
    name: _Name = None,
    task: _Task = None,
    preset: _Preset = None,
    space: _Space = None,
    search: _Search = None,
    recipe: _Recipe = None,
    engine: _Engine = None,
    seed: _Seed = None,
    max_trials: _MaxTrials = None,
    max_epochs: _MaxEpochs = None,
    time_budget: _TimeBudget = None,
    halving: _Halving = None,
    metric: _Metric = None,
    split: _Split = None,
    folds: _Folds = None,
    max_params: _MaxParams = None,
    max_trial_time: _MaxTrialTime = None,
    design: _Design = None,
    kind: _Kind = None,
    verdict: _Verdict = None,
    estimate: _Estimate = False,
    dry_run: _DryRun = False,
    output: Output = OutputFormat.TABLE,
    server: Server = None,
) -> None:
    """Start a study of a CSV or of an uploaded table; prints its id."""
    from layerlab.client import Client
    from layerlab.client.studies import StudyOptions, is_dataset_id

    options = StudyOptions(
        name=name, task=task, preset=preset, space=space, search=search, recipe=recipe,
        engine=engine, seed=seed, max_trials=max_trials, max_epochs=max_epochs,
        time_budget=time_budget, halving=halving, metric=metric, designs=design,
        split=split if folds is None else {**(split or {}), "folds": folds},
        constraints=constraints_of(max_params, max_trial_time), verdict=verdict,
        column_kinds=dict(kind) if kind else None,
    )  # fmt: skip
    with errors_as_exit_codes(), Client(server) as client:
        table = source if is_dataset_id(source) else client.datasets.upload(source)
        price = client.studies.estimate(table, target, **options) if estimate or dry_run else None
        if price is not None:
            say_price(price)
        if not dry_run:
            study = client.studies.create(table, target, estimate=price, **options)
            _show(study, follow, output)


def _show(study: Study, follow: bool, output: OutputFormat) -> None:
    """:raises typer.Exit: when it is followed and ends otherwise than SUCCEEDED."""
    from layerlab.cli.output import print_json

    if follow:
        watch_study(study, output)
    elif output is OutputFormat.JSON:
        print_json(study.document)
    else:
        print(study.study_id)
