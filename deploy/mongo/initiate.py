"""Turns a new mongod into a replica set of one with two users; changes nothing on a set that is.

Runs beside mongod, in its network namespace: as long as there is no user, mongod lets whoever comes
through loopback make the first one. The gateway's user gets the name and the password that are in
the gateway's own URL, so a password that has changed there is set here.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError
from pymongo.uri_parser import parse_uri

_SECRETS = Path("/run/secrets")
_ADMIN = "admin"
_PATIENCE_SECONDS = 120.0
# MongoDB's error codes.
_UNAUTHORIZED, _ALREADY_INITIALIZED, _USER_EXISTS = 13, 23, 51003


def main() -> None:
    store = parse_uri((_SECRETS / "gateway_store_url").read_text().strip())
    password = (_SECRETS / "mongo_admin_password").read_text().strip()
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            initiate(store)
            make_admin(password)
            make_gateway_user(store, password)
        except PyMongoError as error:
            if time.monotonic() > deadline:
                sys.exit(f"mongod can't be set up: {error}")
            time.sleep(0.5)
        else:
            return


def connect(**login: Any) -> MongoClient[dict[str, Any]]:
    return MongoClient(
        "127.0.0.1", 27017, directConnection=True, serverSelectionTimeoutMS=2000, **login
    )


def initiate(store: Mapping[str, Any]) -> None:
    (host, port), *_ = store["nodelist"]
    members = [{"_id": 0, "host": f"{host}:{port}"}]
    config = {"_id": store["options"]["replicaSet"], "members": members}
    with connect() as client:
        try:
            client.admin.command("replSetInitiate", config)
        except OperationFailure as error:
            # Once there is a user, a stranger is told nothing but that.
            if error.code not in (_ALREADY_INITIALIZED, _UNAUTHORIZED):
                raise


def make_admin(password: str) -> None:
    with connect() as client:
        try:
            client.admin.command("createUser", _ADMIN, pwd=password, roles=["root"])
        except OperationFailure as error:
            if error.code not in (_USER_EXISTS, _UNAUTHORIZED):
                raise


def make_gateway_user(store: Mapping[str, Any], admin_password: str) -> None:
    name, database = store["username"], store["database"]
    user = {"pwd": store["password"], "roles": [{"role": "readWrite", "db": database}]}
    with connect(username=_ADMIN, password=admin_password) as client:
        try:
            client[database].command("createUser", name, **user)
        except OperationFailure as error:
            if error.code != _USER_EXISTS:
                raise
            client[database].command("updateUser", name, **user)


if __name__ == "__main__":
    main()
