"""What the page's build promises: a light first load, and types that are the server's."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
from pathlib import Path

import pytest

from services.gateway.openapi import openapi_document

WEB = Path(__file__).parents[2] / "services/gateway/web"
_FIRST_LOAD_BYTES = 200_000


def test_the_first_load_is_light() -> None:
    """At most 200 kB compressed, before a table is dropped or a chart is opened."""
    page = (WEB / "dist/index.html").read_text()
    linked = re.findall(r'(?:src|href)="/(assets/[^"]+)"', page)
    assert any(name.endswith(".js") for name in linked)
    assert any(name.endswith(".css") for name in linked)
    compressed = sum(len(gzip.compress((WEB / "dist" / name).read_bytes())) for name in linked)
    assert compressed <= _FIRST_LOAD_BYTES


def test_the_made_up_server_is_not_shipped() -> None:
    scripts = list((WEB / "dist/assets").glob("*.js"))
    assert scripts
    # What it calls a study: such a text outlives a build, while comments and names don't.
    told = re.findall(r'name: "([^"]+)"', (WEB / "src/mock/scenarios.ts").read_text())
    assert told
    assert not any(text in each.read_text() for each in scripts for text in told)


def test_the_types_of_the_page_are_those_of_the_server(tmp_path: Path) -> None:
    generator = WEB / "node_modules/.bin/openapi-typescript"
    if not generator.exists():
        pytest.skip("the page's packages are not installed: make web")
    fresh = tmp_path / "schema.ts"
    subprocess.run(
        [generator, "--default-non-nullable=false", "--output", fresh],
        input=json.dumps(openapi_document()).encode(),
        cwd=WEB,
        check=True,
        capture_output=True,
    )
    assert fresh.read_text() == (WEB / "src/api/schema.ts").read_text()
