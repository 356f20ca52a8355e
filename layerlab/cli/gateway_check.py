"""What `layerlab doctor` asks a gateway, as any client could."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx

from layerlab import __version__
from layerlab.cli.check import Check
from layerlab.cli.deployment import clock_check

_SECONDS: Final = 10.0
_SECOND: Final = timedelta(seconds=1)
# Trainers report several times within it.
_QUIET_SECONDS: Final = 20.0


class Unreachable(Exception):
    """Nobody answers as a gateway does."""


def check_gateway(url: str) -> list[Check]:
    """:raises Unreachable: saying why."""
    try:
        with httpx.Client(base_url=url, timeout=_SECONDS) as http:
            return [
                *_check_life(http),
                _check_version(http),
                _check_readiness(http),
                *_check_workers(http),
            ]
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError) as error:
        raise Unreachable(f"{url}: {error}") from error


def _check_life(http: httpx.Client) -> list[Check]:
    asked = datetime.now(UTC)
    answer = http.get("/healthz").raise_for_status()
    if "date" not in answer.headers:
        return []
    there = parsedate_to_datetime(answer.headers["date"])
    # It names the second that has begun.
    return [clock_check("gateway's clock", there, asked - _SECOND, datetime.now(UTC))]


def _check_version(http: httpx.Client) -> Check:
    version = http.get("/openapi.json").raise_for_status().json()["info"]["version"]
    detail = f"answers at {http.base_url}, version {version}"
    if version == __version__:
        return Check("gateway", "ok", detail)
    return Check("gateway", "warn", detail, f"This is {__version__}: bring both to one version.")


def _check_readiness(http: httpx.Client) -> Check:
    report = http.get("/readyz").json()
    if report["status"] == "ready":
        return Check("readiness", "ok", "everything that a request may need can be reached")
    missing = ", ".join(report["unavailable"]) or "nothing, but it is closing"
    hint = "See whether these run; the gateway's log says why it can't reach them."
    return Check("readiness", "fail", f"the gateway can't reach: {missing}", hint)


def _check_workers(http: httpx.Client) -> list[Check]:
    answer = http.get("/v1/workers")
    if answer.status_code != 200:
        return [Check("workers", "warn", "not checked: the gateway can't tell for now")]
    document = answer.json()
    workers, waiting = document["workers"], document["queue"]["waiting"]
    if not workers:
        hint = "Start a trainer: python -m services.trainer"
        detail = f"none was heard of in the last minute; {waiting} cohorts wait"
        return [Check("workers", "fail" if waiting else "warn", detail, hint)]
    checks = [Check("workers", "ok", f"{len(workers)}; {waiting} cohorts wait for them")]
    return checks + [check for each in workers if (check := _check_worker(each)) is not None]


def _check_worker(worker: dict[str, Any]) -> Check | None:
    """None for one that is well."""
    name = f"worker {worker['worker_id']}"
    age = (datetime.now(UTC) - datetime.fromisoformat(worker["heartbeat_at"])).total_seconds()
    if worker["version"] != __version__:
        hint = "Old and new ones work together; update it when you can."
        return Check(name, "warn", f"is of version {worker['version']}", hint)
    if age > _QUIET_SECONDS:
        hint = "Its work is given to others; see whether it runs."
        return Check(name, "warn", f"was last heard of {age:.0f} s ago", hint)
    return None
