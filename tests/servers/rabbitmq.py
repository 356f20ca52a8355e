"""A RabbitMQ node of its own: own name, ports and folder, so that it meets no other."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path
from typing import Final

from tests.servers.process import ServerProcess, free_port, is_listening

# Debian's /usr/sbin/rabbitmq-server switches to a user that can't write where tests do.
_BIN: Final = Path("/usr/lib/rabbitmq/bin")
_COMMAND_SECONDS: Final = 60.0


def why_no_rabbitmq() -> str:
    """Empty when there is one; else what is missing, for whoever skips a test."""
    if (_BIN / "rabbitmq-server").exists():
        return ""
    return "RabbitMQ is not installed: apt-get install rabbitmq-server"


class RabbitMQ(ServerProcess):
    """`url` is what LAYERLAB_BROKER__URL takes; `config` are lines of rabbitmq.conf.

    `advanced`: Erlang terms, for what rabbitmq.conf has no line for.
    """

    def __init__(self, folder: Path, config: tuple[str, ...] = (), advanced: str = "[].") -> None:
        self.port, distribution, epmd = free_port(), free_port(), free_port()
        folder.mkdir(parents=True, exist_ok=True)
        settings = folder / "rabbitmq.conf"
        settings.write_text(
            "\n".join(
                [f"listeners.tcp.1 = 127.0.0.1:{self.port}", "log.file.level = info", *config]
            )
            + "\n"
        )
        (folder / "enabled_plugins").write_text("[].\n")
        (folder / "advanced.config").write_text(f"{advanced}\n")
        self._name = f"layerlab-{self.port}@localhost"
        super().__init__(
            folder,
            [str(_BIN / "rabbitmq-server")],
            {
                "HOME": str(folder),  # Of the Erlang cookie.
                "RABBITMQ_NODENAME": self._name,
                "RABBITMQ_CONFIG_FILE": str(settings),
                "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
                "RABBITMQ_CONF_ENV_FILE": str(folder / "none.conf"),
                "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
                "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
                "RABBITMQ_LOG_BASE": str(folder / "log"),
                "RABBITMQ_GENERATED_CONFIG_DIR": str(folder / "generated"),
                "RABBITMQ_PID_FILE": str(folder / "pid"),
                "RABBITMQ_DIST_PORT": str(distribution),
                "ERL_EPMD_PORT": str(epmd),
                "ERL_EPMD_ADDRESS": "127.0.0.1",
                # Its schedulers would spin on cores that others need.
                "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+sbwt none +sbwtdcpu none +sbwtdio none",
            },
        )

    @property
    def url(self) -> str:
        return self.url_at(self.port)

    def url_at(self, port: int) -> str:
        """`port`: of a proxy in front of it."""
        return f"amqp://guest:guest@127.0.0.1:{port}/"

    def is_ready(self) -> bool:
        # Its listeners are opened last.
        return is_listening(self.port)

    def kill(self) -> None:
        super().kill()
        while is_listening(self.port):
            # What was waited for is a script; the node itself is its child.
            time.sleep(0.01)
        # Erlang's name server makes itself a daemon, in no session of ours.
        subprocess.run(
            ["epmd", "-kill"], env=self._environment, capture_output=True, timeout=10, check=False
        )

    def control(self, *words: str) -> str:
        """What `rabbitmqctl WORDS` prints; takes a second or more.

        :raises AssertionError: when it fails.
        """
        done = subprocess.run(
            [str(_BIN / "rabbitmqctl"), "--quiet", "--node", self._name, *words],
            env={**self._environment, "HOME": str(self.folder)},
            capture_output=True,
            text=True,
            timeout=_COMMAND_SECONDS,
            check=False,
        )
        assert done.returncode == os.EX_OK, done.stdout + done.stderr
        return done.stdout
