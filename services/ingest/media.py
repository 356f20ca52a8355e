"""Tells a table from what only has its file name: by the first bytes, before anything is read on.

Standard library only: the parent process uses it while it receives an upload.
"""

from __future__ import annotations

from typing import Final

from layerlab.domain.problem import UnsupportedMedia

# The longest run of bytes that any check below looks at.
HEAD_BYTES: Final = 64 * 1024

# https://en.wikipedia.org/wiki/List_of_file_signatures
_SIGNATURES: Final[tuple[tuple[bytes, str], ...]] = (
    (b"\x1f\x8b", "a gzip archive"),
    (b"PK\x03\x04", "a zip archive or an Excel workbook (.xlsx)"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook (.xls)"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a rar archive"),
    (b"PAR1", "a Parquet file"),
    (b"ARROW1", "an Arrow file"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"%PDF-", "a PDF document"),
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"\x7fELF", "a program"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
)
_UTF16_BOMS: Final = (b"\xff\xfe", b"\xfe\xff")
_TEXT_CONTROLS: Final = frozenset(b"\t\n\r\x0b\x0c\x1a\x1b")
# One stray control character is a blemish; many are a binary file.
_MAX_CONTROL_SHARE: Final = 0.01


def check_is_text(head: bytes) -> None:
    """`head` is the beginning of the upload, `HEAD_BYTES` or all of it.

    :raises UnsupportedMedia: `not_csv`, saying what the bytes are.
    """
    for signature, what in _SIGNATURES:
        # Three letters could begin a column name; an archive has bytes that no text has.
        if head.startswith(signature) and (signature != b"BZh" or _looks_binary(head)):
            raise _not_csv(f"The upload is {what}, not a CSV.")
    if not head.startswith(_UTF16_BOMS) and _looks_binary(head):
        raise _not_csv("The upload holds bytes that no text has, so it is no CSV.")


def _looks_binary(head: bytes) -> bool:
    if 0 in head:
        return True
    controls = sum(1 for byte in head if byte < 32 and byte not in _TEXT_CONTROLS)
    return controls > _MAX_CONTROL_SHARE * len(head)


def _not_csv(detail: str) -> UnsupportedMedia:
    return UnsupportedMedia(
        "not_csv",
        detail,
        hint="Upload plain text with one row a line: unpack the archive, or export as CSV first.",
    )
