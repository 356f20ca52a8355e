"""Which URLs of a broker are refused at the start, and in which words."""

from __future__ import annotations

import pytest

from layerlab.adapters.opening import UnknownUrl, open_job_queue


@pytest.mark.parametrize(
    "url",
    [
        "amqp://",
        "amqp:///vhost",
        "amqp://user:top/secret@broker:5672/",  # The slash ends the host.
        "amqp://user:secret@broker:port/",
    ],
)
async def test_a_url_without_an_address_is_refused_and_its_password_not_shown(url: str) -> None:
    with pytest.raises(UnknownUrl, match="LAYERLAB_BROKER__URL") as refused:
        async with open_job_queue(url):
            pass
    assert "secret" not in str(refused.value)
    assert "top" not in str(refused.value)


async def test_a_broker_of_another_kind_is_refused_by_its_scheme() -> None:
    with pytest.raises(UnknownUrl, match="`redis:`") as refused:
        async with open_job_queue("redis://user:secret@host"):
            pass
    assert "secret" not in str(refused.value)
