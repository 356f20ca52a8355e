"""`layerlab study describe`, `delete`, `restore` and `export`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from layerlab.cli.exits import errors_as_exit_codes, note
from layerlab.cli.options import Server, StudyId

_KINDS: Final = ("csv", "json")


def _parse_kind(text: str) -> str:
    if text not in _KINDS:
        raise typer.BadParameter(f"must be one of {', '.join(_KINDS)}")
    return text


_Name = Annotated[str | None, typer.Option(help="What to call it.")]
_Note = Annotated[str | None, typer.Option(help="What to say of it; an empty text takes it away.")]
_Tags = Annotated[
    list[str] | None, typer.Option("--tag", help="These replace all before; repeatable.")
]
_NoTags = Annotated[bool, typer.Option("--no-tags", help="Take all tags away.")]
_File = Annotated[
    Path | None, typer.Argument(metavar="[FILE]", help="Such as trials.csv; else stdout.")
]
_Kind = Annotated[
    str | None,
    typer.Option(
        "--format", parser=_parse_kind, metavar="csv|json", show_default="as FILE says, else csv"
    ),
]
_Purpose = Annotated[
    str | None, typer.Option(help="search, confirm, baseline, ablation, rows or all.")
]
_Where = Annotated[
    list[str] | None,
    typer.Option(metavar="CONDITION", help="Such as 'n_params<10000'; repeatable."),
]


def describe(
    study_id: StudyId,
    name: _Name = None,
    note: _Note = None,
    tag: _Tags = None,
    no_tags: _NoTags = False,
    server: Server = None,
) -> None:
    """Rename a study, or write a note and tags on it; prints its name."""
    from layerlab.client import Client

    tags = [] if no_tags else tag
    if name is None and note is None and tags is None:
        raise typer.BadParameter("Say what to change: --name, --note, --tag or --no-tags.")
    with errors_as_exit_codes(), Client(server) as client:
        print(client.studies.get(study_id).describe(name, note, tags).name)


def delete(study_id: StudyId, server: Server = None) -> None:
    """Take an ended study from all lists; nothing of it is lost."""
    from layerlab.client import Client

    with errors_as_exit_codes(), Client(server) as client:
        client.studies.get(study_id).delete()
    note(f"Deleted. Take it back with: layerlab study restore {study_id}")


def restore(study_id: StudyId, server: Server = None) -> None:
    """Put a deleted study back into the lists; prints its state."""
    from layerlab.client import Client

    with errors_as_exit_codes(), Client(server) as client:
        print(client.studies.get(study_id).restore().state)


def export(
    study_id: StudyId,
    file: _File = None,
    kind: _Kind = None,
    purpose: _Purpose = None,
    where: _Where = None,
    server: Server = None,
) -> None:
    """Every trial at once, as a file to keep."""
    from layerlab.client import Client

    with errors_as_exit_codes(), Client(server) as client:
        study = client.studies.get(study_id)
        if file is None:
            sys.stdout.buffer.write(study.exported(kind or "csv", purpose, where or ()))
        else:
            note(f"Written: {study.export(file, kind, purpose, where or ())}")
