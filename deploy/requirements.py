"""Prints what pyproject.toml asks for: the base and one extra, a requirement a line.

So the slow layer of an image depends on pyproject.toml and constraints.txt, and on no source file.
"""

import sys
import tomllib
from pathlib import Path


def requirements(project_file: Path, extra: str) -> list[str]:
    """:raises KeyError: for an extra that there isn't."""
    project = tomllib.loads(project_file.read_text())["project"]
    return [*project["dependencies"], *project["optional-dependencies"][extra]]


if __name__ == "__main__":
    sys.stdout.write("\n".join(requirements(Path("pyproject.toml"), sys.argv[1])) + "\n")
