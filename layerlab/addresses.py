"""HOST:PORT, port 0 for any; and ports that give way when they are taken."""

from __future__ import annotations

import socket


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


def port_of(address: str) -> int:
    return split_address(address)[1]


def unless_taken(usual: str) -> str:
    """`usual`, or any port of the same host when somebody listens there."""
    host, port = split_address(usual)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.create_server((host, port), family=family):
            return usual
    except OSError:
        return with_port(usual, 0)
