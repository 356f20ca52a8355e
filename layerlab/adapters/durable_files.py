"""Files that appear under their name whole, and stay there through a power cut."""

from __future__ import annotations

import errno
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from layerlab.domain.problem import OutOfSpace

_STAGING: Final = ".new-"


def keep_file(source: Path, target: Path) -> None:
    """Moves `source` to `target`, across file systems too.

    :raises OutOfSpace: nothing was kept.
    """
    with _staged(target) as staging:
        try:
            source.replace(staging)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            shutil.copyfile(source, staging)
    source.unlink(missing_ok=True)


def keep_bytes(body: bytes, target: Path) -> None:
    """:raises OutOfSpace: nothing was kept."""
    with _staged(target) as staging:
        staging.write_bytes(body)


@contextmanager
def _staged(target: Path) -> Iterator[Path]:
    """A path to write to; at the end its file, synced, takes the place of `target`."""
    staging = target.with_name(_STAGING + uuid.uuid4().hex)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield staging
        _sync(staging)
        staging.replace(target)
        _sync(target.parent)
    except OSError as error:
        staging.unlink(missing_ok=True)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise OutOfSpace(
                "disk_full",
                "There is no space left to keep this; nothing was kept.",
                hint="Free some disk space and try again.",
            ) from error
        raise


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
