"""Structured logs: one line an event, on stderr, so that stdout stays data."""

from __future__ import annotations

import logging
import sys

import structlog


def configure_logs(service: str, level: str = "INFO", as_json: bool | None = None) -> None:
    """JSON lines unless a person reads them at a terminal.

    :raises ValueError: for an unknown level.
    """
    number = logging.getLevelNamesMapping().get(level.upper())
    if number is None:
        raise ValueError(f"no such log level: {level}")
    if as_json is None:
        as_json = not sys.stderr.isatty()
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if as_json
        # The pretty one prints every local variable, and takes seconds in which nothing is served.
        else structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.StackInfoRenderer(),
            *([structlog.processors.format_exc_info] if as_json else []),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    structlog.contextvars.bind_contextvars(service=service)
    logging.basicConfig(level=max(number, logging.WARNING), stream=sys.stderr)
