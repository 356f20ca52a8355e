"""A container engine and its compose command, as `make compose-test` names them."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from tests.deploy.files import DEPLOY, ROOT

_COMMAND_SECONDS: Final = 3600.0
_SERVICE_LABEL: Final = "com.docker.compose.service"
_PROJECT_LABEL: Final = "com.docker.compose.project"


@dataclass(frozen=True, slots=True)
class Engine:
    """`compose` and `engine` are commands; `environment` is what compose.yaml interpolates."""

    compose_command: tuple[str, ...]
    engine_command: tuple[str, ...]
    project: str
    environment: dict[str, str]

    def compose(self, *words: str) -> str:
        """:raises AssertionError: with what it said, when it fails."""
        return self._run([*self.compose_command, "-f", str(DEPLOY / "compose.yaml"), *words])

    def run(self, *words: str) -> str:
        """What `docker WORDS` prints.

        :raises AssertionError: when it fails.
        """
        return self._run([*self.engine_command, *words])

    def take_down(self) -> None:
        """Removes containers, volumes and networks, by their label.

        `compose down` forgets replicas, or the project's name, where it isn't Docker's.
        """
        mine = f"label={_PROJECT_LABEL}={self.project}"
        # One whose network another shares can go only after that other one.
        for _ in range(2):
            for container in self.run("ps", "--all", "--quiet", "--filter", mine).split():
                with suppress(AssertionError):
                    self.run("rm", "--force", "--volumes", container)
        for kind in ("volume", "network"):
            if names := self.run(kind, "ls", "--quiet", "--filter", mine).split():
                self.run(kind, "rm", *names)

    def containers(self, service: str) -> list[str]:
        """Ids of those that run."""
        labels = (f"{_PROJECT_LABEL}={self.project}", f"{_SERVICE_LABEL}={service}")
        filters = [word for label in labels for word in ("--filter", f"label={label}")]
        return self.run("ps", "--quiet", "--no-trunc", *filters).split()

    def inspect(self, name: str) -> Any:
        """Of a container or an image."""
        [document] = json.loads(self.run("inspect", name))
        return document

    def python(self, image: str, program: str) -> Any:
        """What `program` writes to stdout as JSON, in a container of `image` without a network."""
        alone = ("run", "--rm", "--network=none", "--read-only", "--entrypoint=python")
        return json.loads(self.run(*alone, image, "-c", program))

    def _run(self, command: list[str]) -> str:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, "COMPOSE_PROJECT_NAME": self.project, **self.environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_COMMAND_SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{shlex.join(command)}\n{done.stdout}\n{done.stderr}"
        return done.stdout


def engine_of_environment(project: str, environment: dict[str, str]) -> Engine:
    """COMPOSE and ENGINE; by default Docker's."""
    return Engine(
        tuple(shlex.split(os.environ.get("COMPOSE", "docker compose"))),
        tuple(shlex.split(os.environ.get("ENGINE", "docker"))),
        project,
        environment,
    )
