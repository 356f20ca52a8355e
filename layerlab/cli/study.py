"""`layerlab study`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from layerlab.cli.exits import ExitCode, errors_as_exit_codes, fail, warn
from layerlab.cli.options import Output, OutputFormat, Server, StudyId
from layerlab.cli.study_import import import_study
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

if TYPE_CHECKING:
    from layerlab.client import Study

app = typer.Typer(no_args_is_help=True, help="Search for the network that fits a table.")

_COLUMNS: Final = ("study_id", "name", "state", "done", "best", "target", "dataset", "created_at")
_TABLE_ROWS: Final = 20


def _parse_space(text: str) -> dict[str, Any]:
    """YAML or JSON, or the name of a file of it, with @ or without."""
    from layerlab.client.space_text import BadSpaceText, read_space

    try:
        return read_space(Path(text[1:]) if text.startswith("@") else text)
    except (BadSpaceText, OSError) as error:
        raise typer.BadParameter(str(error)) from error


@app.command("create")
def create(
    source: Annotated[
        str,
        typer.Argument(metavar="FILE_OR_ID", parser=parse_source, help="A CSV, or a dataset id."),
    ],
    target: Annotated[str, typer.Option("--target", "-t", help="The column to predict.")],
    follow: Annotated[
        bool, typer.Option("--follow", "--wait", "-f", help="Watch it to its end.")
    ] = False,
    name: Annotated[str | None, typer.Option(help="What to call it.")] = None,
    task: Annotated[str | None, typer.Option(help="classification or regression.")] = None,
    preset: Annotated[str | None, typer.Option(help="quick, balanced or thorough.")] = None,
    space: Annotated[
        dict[str, Any] | None,
        typer.Option(
            parser=_parse_space, metavar="YAML|FILE", help="What designs may be; or JSON."
        ),
    ] = None,
    search: Annotated[
        str | None, typer.Option(help="random, grid, quasi_random, tpe, gp, cmaes or nsga2.")
    ] = None,
    recipe: Annotated[str | None, typer.Option(help="paper, standard or quantile.")] = None,
    engine: Annotated[str | None, typer.Option(help="fused or keras.")] = None,
    seed: Annotated[int | None, typer.Option(help="Decides the split and the designs.")] = None,
    max_trials: Annotated[int | None, typer.Option(help="Designs to train.")] = None,
    max_epochs: Annotated[int | None, typer.Option(help="Of each design.")] = None,
    time_budget: Annotated[
        float | None,
        typer.Option(parser=parse_duration, metavar="DURATION", help="90s, 10m, 1h30m; hard."),
    ] = None,
    halving: Annotated[
        Any | None,
        typer.Option(
            parser=parse_halving,
            metavar="auto|off|FACTOR[:EPOCHS]",
            help="Dropping weak designs early; 3:2 keeps a third at a time, first after 2 epochs.",
        ),
    ] = None,
    metric: Annotated[
        str | None, typer.Option(help="accuracy, balanced_accuracy, log_loss, auc, f1; r2, …")
    ] = None,
    split: Annotated[
        dict[str, Any] | None,
        typer.Option(
            parser=parse_split,
            metavar="METHOD[:COLUMN]",
            help="stratified, or such as grouped:patient or time:date.",
        ),
    ] = None,
    folds: Annotated[int | None, typer.Option(help="Of the rows that designs learn from.")] = None,
    max_params: Annotated[int | None, typer.Option(help="No larger designs.")] = None,
    max_trial_time: Annotated[
        float | None,
        typer.Option(parser=parse_duration, metavar="DURATION", help="No slower designs."),
    ] = None,
    design: Annotated[
        list[Any] | None,
        typer.Option(parser=parse_design, metavar="JSON|@FILE", help="Try this first; repeatable."),
    ] = None,
    kind: Annotated[
        list[Any] | None,
        typer.Option(
            "--kind",
            parser=parse_kind,
            metavar="COLUMN=KIND",
            help="number, category, date, text, id, constant or ignore; repeatable.",
        ),
    ] = None,
    verdict: Annotated[
        str | None, typer.Option(help="auto, or off: no comparison of the best designs.")
    ] = None,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Say first what it will take.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what it would take.")
    ] = False,
    output: Output = OutputFormat.TABLE,
    server: Server = None,
) -> None:
    """Start a study of a CSV or of an uploaded table; prints its id."""
    from layerlab.cli.output import print_json
    from layerlab.client import Client
    from layerlab.client.studies import StudyOptions, is_dataset_id

    with errors_as_exit_codes(), Client(server) as client:
        options = StudyOptions(
            name=name, task=task, preset=preset, space=space, search=search, recipe=recipe,
            engine=engine, seed=seed, max_trials=max_trials, max_epochs=max_epochs,
            time_budget=time_budget, halving=halving, metric=metric, designs=design,
            split=split if folds is None else {**(split or {}), "folds": folds},
            constraints=constraints_of(max_params, max_trial_time), verdict=verdict,
            column_kinds=dict(kind) if kind else None,
        )  # fmt: skip
        table = source if is_dataset_id(source) else client.datasets.upload(source)
        price = client.studies.estimate(table, target, **options) if estimate or dry_run else None
        if price is not None:
            say_price(price)
        if dry_run:
            return
        study = client.studies.create(table, target, estimate=price, **options)
        if follow:
            _watch(study, output)
        elif output is OutputFormat.JSON:
            print_json(study.document)
        else:
            print(study.study_id)


app.command("import")(import_study)


@app.command("list")
def list_studies(output: Output = OutputFormat.TABLE, server: Server = None) -> None:
    """Studies, newest first."""
    from layerlab.cli.output import print_json, print_rows
    from layerlab.client import Client

    with errors_as_exit_codes(), Client(server) as client:
        studies = [study.document for study in client.studies.list()]
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
        _watch(client.studies.get(study_id), output)


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
        _print_leaderboard(client.studies.get(study_id), output, limit)


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


def _watch(study: Study, output: OutputFormat) -> None:
    """:raises typer.Exit: STUDY_FAILED, when it ends otherwise than SUCCEEDED."""
    from layerlab.cli.live import follow_study
    from layerlab.cli.output import stderr_console

    try:
        follow_study(study, stderr_console())
    except KeyboardInterrupt:
        warn(f"Detached; the study goes on. Come back with: layerlab study watch {study.study_id}")
        return
    _print_leaderboard(study, output, None)
    if output is OutputFormat.TABLE:
        _print_words(study)
    if study.state != "SUCCEEDED":
        fail(f"Study {study.study_id} has ended as {study.state}. {study.detail}".strip())
        raise typer.Exit(ExitCode.STUDY_FAILED)


def _print_words(study: Study) -> None:
    """The verdict's, if there is one."""
    from layerlab.cli.output import stdout_console
    from layerlab.cli.verdict import print_words
    from layerlab.client import NotFound

    with suppress(NotFound):
        found = study.verdict()
        print()
        print_words(found, stdout_console())


def _print_leaderboard(study: Study, output: OutputFormat, limit: int | None) -> None:
    from layerlab.cli.live import LEADER_COLUMNS
    from layerlab.cli.output import print_rows
    from layerlab.client.leaderboard import COLUMNS

    in_table = output is OutputFormat.TABLE
    if limit is None and in_table:
        limit = _TABLE_ROWS
    rows = study.leaderboard(limit)
    print_rows(rows, LEADER_COLUMNS if in_table else COLUMNS, output)
    known = study.progress.done + study.progress.running
    if len(rows) < known:
        warn(f"These are {len(rows)} of {known}; --limit shows more.")


def _summary(document: dict[str, Any]) -> dict[str, Any]:
    progress, best = document["progress"], document.get("best")
    return {
        **document,
        "done": f"{progress['done']}/{progress['total']}",
        "best": best["score_val"] if best else None,
        "dataset": document["dataset_name"],
    }
