"""What a user writes on a study, read from a request."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from layerlab.domain.json_value import JsonObject
from layerlab.domain.problem import InvalidInput
from services.gateway.ledger import Description
from services.gateway.study_request import MAX_NAME, parse_as
from services.gateway.text import display_name

MAX_NOTE: Final = 10_000
MAX_TAGS: Final = 20
MAX_TAG: Final = 40


class DescriptionRequest(BaseModel):
    """What is left out, or null, stays as it is."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str | None = Field(default=None, max_length=MAX_NAME)
    note: str | None = Field(default=None, max_length=MAX_NOTE, description="Text, no markup.")
    tags: list[Annotated[str, Field(max_length=MAX_TAG)]] | None = Field(
        default=None, max_length=MAX_TAGS, description="All of them: they replace those before."
    )


def parse_description(document: JsonObject) -> Description:
    """Names and tags on one line, tags without repeats and blanks.

    :raises InvalidInput: as `parse_as`, and `invalid_value` of a blank name.
    """
    asked = parse_as(DescriptionRequest, document)
    name = None if asked.name is None else display_name(asked.name, "")
    if name == "":
        raise InvalidInput("invalid_value", "A name has at least one character.", field="name")
    tags = None
    if asked.tags is not None:
        words = (display_name(each, "") for each in asked.tags)
        tags = tuple(dict.fromkeys(each for each in words if each))
    return Description(name, None if asked.note is None else _visible(asked.note), tags)


def _visible(note: str) -> str:
    """Line by line, as names are."""
    return "\n".join(_line(each) for each in note.splitlines()).strip()


def _line(text: str) -> str:
    return "".join(each for each in text if each.isprintable() or each == "\t").rstrip()
