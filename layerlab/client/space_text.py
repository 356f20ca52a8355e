"""Search spaces as people write them: YAML, of which JSON is a part, with line numbers in errors.

YAML as it is now (1.2's core schema): `1e-4` is a number, and `off` and `no` are texts, which the
older rules of PyYAML would have the other way round.
"""

from __future__ import annotations

import os
import re
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Final

import yaml

from layerlab.client.errors import LayerLabError
from layerlab.domain.presets import DEFAULT_PRESET, preset_space
from layerlab.domain.problem import InvalidInput
from layerlab.domain.space_document import parse_space

_SUFFIXES: Final = (".json", ".yaml", ".yml")
_NUMBER: Final = re.compile(r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")
# A file may say more than the space: then that is under this name.
_KEY: Final = "space"


class BadSpaceText(LayerLabError):
    """A text that is no search space; says the line."""


def read_space(text_or_path: str | os.PathLike[str]) -> dict[str, Any]:
    """From a file whose name ends in .yaml, .yml or .json, or from a text.

    :raises BadSpaceText: with the line.
    :raises OSError: the file can't be read.
    """
    text = os.fspath(text_or_path)
    if not isinstance(text_or_path, str) or ("\n" not in text and text.endswith(_SUFFIXES)):
        return parse_space_text(Path(text).read_text(encoding="utf-8"), text)
    return parse_space_text(text)


def parse_space_text(text: str, name: str = "the space") -> dict[str, Any]:
    """The document that a server is sent. `name`: of the file, for errors.

    What any preset would refuse of it is refused here, where lines are known.

    :raises BadSpaceText: with the line.
    """
    document, lines = _load(text, name)
    try:
        parse_space(document, preset_space(DEFAULT_PRESET, 1_000))
    except InvalidInput as error:
        line = lines.get(error.field.removeprefix("space."), 1)
        raise BadSpaceText(f"{name}, line {line}: {error.detail}") from error
    return document


def _load(text: str, name: str) -> tuple[dict[str, Any], Mapping[str, int]]:
    """The document, and the line of each of its fields."""
    # Which JSON may be indented by, and YAML may not.
    loader = _Loader(text.replace("\t", " ") if text.lstrip().startswith("{") else text)
    try:
        node = loader.get_single_node()
        document: Any = loader.construct_document(node) if node else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f", line {mark.line + 1}" if mark else ""
        raise BadSpaceText(f"{name}{line}: {error.problem or error.context}.") from error
    except yaml.YAMLError as error:
        raise BadSpaceText(f"{name}: {error}") from error
    finally:
        loader.dispose()
    if isinstance(node, yaml.MappingNode) and document.keys() == {_KEY}:
        document, node = document[_KEY], node.value[0][1]
    if not isinstance(node, yaml.MappingNode):
        raise BadSpaceText(
            f"{name}, line 1: must be fields of a design, each with its choices or its range, such "
            "as `dropout: [0, 0.1]`."
        )
    return document, {key.value: key.start_mark.line + 1 for key, _ in node.value}


class _Loader(yaml.SafeLoader):
    """Safe: makes texts, numbers, lists and mappings, and nothing else."""

    # Not those that it would inherit.
    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}  # type: ignore[misc]  # It is one there.

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag != "tag:yaml.org,2002:str":
                raise yaml.constructor.ConstructorError(
                    problem="a field's name must be a text", problem_mark=key.start_mark
                )
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    problem=f"`{key.value}` is there twice", problem_mark=key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep=True)


def _construct_number(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> float:
    text = node.value
    return int(text) if re.fullmatch(r"[-+]?[0-9]+", text) else float(text)


_NULL: Final = re.compile(r"^(?:~|null|Null|NULL|)$")
_BOOL: Final = re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$")
_Loader.add_implicit_resolver("!number", _NUMBER, list("-+.0123456789"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", _BOOL, list("tTfF"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", _NULL, ["~", "n", "N", ""])
_Loader.add_constructor("!number", _construct_number)
