"""What `study create` is told, from text to what the server is asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from layerlab.cli.exits import note

if TYPE_CHECKING:
    from layerlab.client import Estimate


def parse_duration(text: str) -> float:
    from layerlab.client.durations import seconds_of

    try:
        return seconds_of(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def parse_halving(text: str) -> str | dict[str, int]:
    """auto, off, or FACTOR[:MIN_EPOCHS]."""
    if text in ("auto", "off"):
        return text
    factor, colon, epochs = text.partition(":")
    try:
        return {"factor": int(factor), **({"min_epochs": int(epochs)} if colon else {})}
    except ValueError as error:
        raise typer.BadParameter("must be auto, off, or such as 3 or 3:2") from error


def parse_source(text: str) -> str:
    from layerlab.client.studies import is_dataset_id

    if not is_dataset_id(text) and not Path(text).is_file():
        raise typer.BadParameter(f"{text!r} is neither a file nor the id of a dataset")
    return text


def parse_split(text: str) -> dict[str, Any]:
    """METHOD, or METHOD:COLUMN; a column's name may have colons of its own."""
    method, _, column = text.partition(":")
    return {"method": method, **({"column": column} if column else {})}


def parse_kind(text: str) -> tuple[str, str]:
    """COLUMN=KIND; a column's name may have equals signs of its own."""
    column, equals, kind = text.rpartition("=")
    if not (equals and column and kind):
        raise typer.BadParameter("must be such as zip_code=category")
    return column, kind


def parse_design(text: str) -> dict[str, Any]:
    """JSON, or @FILE that holds it."""
    try:
        value = json.loads(Path(text[1:]).read_text() if text.startswith("@") else text)
    except (ValueError, OSError) as error:
        raise typer.BadParameter(
            f"not JSON, nor @ before the name of a file of it: {error}"
        ) from error
    if not isinstance(value, dict):
        raise typer.BadParameter('must be a JSON object, such as {"hidden": [64, 64]}')
    return value


def constraints_of(
    max_params: int | None, max_trial_seconds: float | None
) -> dict[str, float] | None:
    limits = {"max_params": max_params, "max_trial_seconds": max_trial_seconds}
    return {name: limit for name, limit in limits.items() if limit is not None} or None


def say_price(price: Estimate) -> None:
    """On stderr, as ranges."""
    low, high = price.seconds_low, price.seconds_high
    unit = (1.0, "s") if high < 120 else (60.0, "min")
    memory = f"{price.bytes_low / 2**20:,.0f} to {price.bytes_high / 2**20:,.0f} MiB"
    rough = " A rough guess: it could not be measured well." if price.is_rough else ""
    note(
        f"{low / unit[0]:.1f} to {high / unit[0]:.1f} {unit[1]}, {memory}, for {price.trials} "
        f"trials.{rough}"
    )
