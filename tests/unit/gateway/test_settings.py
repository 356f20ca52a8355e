"""Where the gateway may listen."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from layerlab.addresses import split_address
from services.gateway.settings import GatewaySettings, RemoteWithoutLogin


@pytest.mark.parametrize("address", ["127.0.0.1:8080", "localhost:0", "[::1]:80", "127.9.9.9:1"])
def test_loopback_needs_no_login(address: str) -> None:
    settings = GatewaySettings(http=address, grpc=address)
    settings.check_addresses()
    assert settings.is_local


@pytest.mark.parametrize("address", ["0.0.0.0:8080", "[::]:80", "192.168.1.5:80", "box:80"])
def test_any_other_address_is_refused_unless_somebody_says_so(address: str) -> None:
    for name in ("http", "grpc"):
        with pytest.raises(RemoteWithoutLogin, match="ALLOW_REMOTE=1"):
            GatewaySettings.model_validate({name: address}).check_addresses()
        allowed = GatewaySettings.model_validate({name: address, "allow_remote": True})
        allowed.check_addresses()


@pytest.mark.parametrize("address", ["", "8080", "localhost", ":80", "a:b", "a:70000", "a:-1"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValidationError, match="HOST:PORT"):
        GatewaySettings(http=address)


def test_an_ipv6_host_loses_its_brackets() -> None:
    assert split_address("[::1]:80") == ("::1", 80)
