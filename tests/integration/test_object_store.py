"""Stores of datasets when something is wrong with them, and what they cost."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from layerlab.adapters.opening import UnknownUrl, open_dataset_store
from layerlab.domain.problem import Unavailable
from layerlab.ports import DatasetStore
from tests.servers.s3 import S3Server

_GIGABYTE = 1 << 30
_UPLOAD = """
import asyncio, resource, sys
from pathlib import Path
from layerlab.adapters.opening import open_dataset_store

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

async def main(url, source):
    store = open_dataset_store(url)
    await store.put_bytes("small", b"x" * 1000)
    before = peak()
    await store.put("large", Path(source))
    print(peak() - before)

asyncio.run(main(*sys.argv[1:]))
"""


def client_of(
    patch: pytest.MonkeyPatch, server: S3Server, url: str, **environment: str
) -> DatasetStore:
    for name, value in {**server.environment, **environment}.items():
        patch.setenv(name, value)
    return open_dataset_store(url)


async def test_a_gigabyte_is_uploaded_with_less_than_64_mb(
    s3_server: S3Server, tmp_path: Path
) -> None:
    source, url = tmp_path / "large.csv", s3_server.new_url()
    with source.open("wb") as file:
        file.truncate(_GIGABYTE)
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", _UPLOAD, url, str(source)],
        env={**os.environ, **s3_server.environment},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 64 << 20
    kept = s3_server.data / url.removeprefix("s3://") / "large"
    assert kept.stat().st_size == _GIGABYTE
    kept.unlink()


async def test_a_server_that_is_gone_is_unavailable_until_it_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with S3Server(tmp_path) as server:
        store = client_of(monkeypatch, server, server.new_url())
        await store.put_bytes("kept", b"before")
        server.kill()
        with pytest.raises(Unavailable) as unavailable:
            await store.exists("kept")
        assert unavailable.value.code == "dataset_store_unavailable"
        assert "127.0.0.1" not in unavailable.value.detail
        server.start()
        async with store.open("kept") as path:
            assert path.read_bytes() == b"before"


async def test_a_server_that_starts_again_meanwhile_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with S3Server(tmp_path) as server:
        store = client_of(monkeypatch, server, server.new_url())
        server.kill()
        putting = asyncio.create_task(store.put_bytes("kept", b"x"))
        await asyncio.sleep(1)
        server.start()
        await putting
        assert await store.exists("kept")


async def test_wrong_keys_are_told_from_a_server_that_is_gone(
    s3_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = client_of(monkeypatch, s3_server, s3_server.new_url(), AWS_SECRET_ACCESS_KEY="another")
    for attempt in (store.put_bytes("x", b"x"), store.exists("x")):
        with pytest.raises(Unavailable) as refused:
            await attempt
        assert refused.value.code == "dataset_store_refuses"


async def test_a_bucket_that_does_not_exist_is_named_as_what_is_missing(
    s3_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = client_of(monkeypatch, s3_server, "s3://nowhere/prefix")
    with pytest.raises(Unavailable) as missing:
        await store.put_bytes("x", b"x")
    assert missing.value.code == "no_such_bucket"


async def test_plain_http_is_spoken_only_where_it_is_allowed(
    s3_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = client_of(monkeypatch, s3_server, s3_server.new_url(), AWS_ALLOW_HTTP="false")
    with pytest.raises(Unavailable):
        await store.put_bytes("x", b"x")


class _SlowDown(BaseHTTPRequestHandler):
    """What S3 answers to somebody who asks too often."""

    def do_GET(self) -> None:
        body = b"<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>"
        self.send_response(503)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def overloaded() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _SlowDown) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


async def test_an_overloaded_server_is_unavailable(
    overloaded: str, s3_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = client_of(monkeypatch, s3_server, "s3://layerlab", AWS_ENDPOINT_URL=overloaded)
    with pytest.raises(Unavailable) as unavailable:
        await store.exists("x")
    assert unavailable.value.code == "dataset_store_unavailable"


async def test_a_download_is_gone_after_it_was_read_and_so_is_that_of_a_killed_process(
    s3_server: S3Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    abandoned = tmp_path / "layerlab-download-of-another"
    abandoned.write_bytes(b"half")
    os.utime(abandoned, (0, 0))
    store = open_dataset_store(s3_server.new_url(), tmp_path)
    await store.put_bytes("x", b"whole")
    async with store.open("x") as first, store.open("x") as second:
        assert first != second
        assert first.read_bytes() == b"whole"
        assert set(os.listdir(tmp_path)) == {first.name, second.name}
    assert os.listdir(tmp_path) == []


async def test_a_file_of_a_folder_is_replaced_at_once(tmp_path: Path) -> None:
    """S3 promises the same of its objects."""
    store, size = open_dataset_store(f"file://{tmp_path}/store"), 1 << 16
    await store.put_bytes("models/m", b"0" * size)

    async def replace() -> None:
        for digit in b"123456789":
            source = tmp_path / "next"
            source.write_bytes(bytes([digit]) * size)
            await store.put("models/m", source)

    replacing = asyncio.create_task(replace())
    while not replacing.done():
        async with store.open("models/m") as path:
            body = await asyncio.to_thread(path.read_bytes)
        assert len(body) == size
        assert len(set(body)) == 1
    await replacing
    async with store.open("models/m") as path:
        assert set(path.read_bytes()) == {ord("9")}


@pytest.mark.parametrize("url", ["ftp://x/y", "file://relative/path", "s3:///no-bucket", "x"])
def test_a_url_that_names_no_place_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(UnknownUrl, match="LAYERLAB_DATASETS__URL") as refused:
        open_dataset_store(url)
    assert "path" not in str(refused.value)
