"""Ports that give way when they are taken. Addresses are HOST:PORT, port 0 for any."""

from __future__ import annotations

import socket


def unless_taken(usual: str) -> str:
    """`usual`, or any port of the same host when somebody listens there."""
    host, port = usual.rpartition(":")[0], port_of(usual)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.create_server((host.strip("[]"), port), family=family):
            return usual
    except OSError:
        return with_port(usual, 0)


def with_port(address: str, port: int) -> str:
    return f"{address.rpartition(':')[0]}:{port}"


def port_of(address: str) -> int:
    return int(address.rpartition(":")[2])
