"""Prints /openapi.json without starting anything: `python -m services.gateway.openapi`."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any, cast

from layerlab.readiness import Readiness
from services.gateway.app import Parts, build_app
from services.gateway.application import Application
from services.gateway.fleet import Fleet
from services.gateway.observer import Observer
from services.gateway.settings import GatewaySettings


def openapi_document() -> dict[str, Any]:
    # Routes are described, never called, so nothing has to be behind them.
    nothing = cast(Any, None)
    application = Application(nothing, nothing, nothing)
    observer = Observer()
    fleet = Fleet(nothing, nothing, observer, nothing)
    parts = Parts(application, fleet, observer, Readiness({}), asyncio.Event())
    return build_app(GatewaySettings(), parts).openapi()


if __name__ == "__main__":
    json.dump(openapi_document(), sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")
