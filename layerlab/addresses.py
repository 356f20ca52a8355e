"""HOST:PORT."""

from __future__ import annotations


def split_address(address: str) -> tuple[str, int]:
    """The host and the port of HOST:PORT; brackets around an IPv6 host are taken off.

    :raises ValueError: for anything else.
    """
    host, colon, port = address.rpartition(":")
    if not (colon and host and port.isdecimal() and int(port) < 1 << 16):
        raise ValueError(f"{address!r} is not HOST:PORT")
    return host.removeprefix("[").removesuffix("]"), int(port)


def with_port(address: str, port: int) -> str:
    """The same host."""
    return f"{address.rpartition(':')[0]}:{port}"
