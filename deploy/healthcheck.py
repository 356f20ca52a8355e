"""Ends with 0 if the URL answers well; the images have no curl."""

import sys
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

_SECONDS = 6.0


def check(url: str) -> int:
    """The exit code; on failure what was wrong is on stderr, for `docker inspect` to show."""
    try:
        # A proxy of the host is no way to this container's own loopback.
        build_opener(ProxyHandler({})).open(url, timeout=_SECONDS).close()
    except (URLError, OSError) as error:
        detail = error.read().decode(errors="replace") if hasattr(error, "read") else ""
        sys.stderr.write(f"{url}: {error} {detail}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(check(sys.argv[1]))
