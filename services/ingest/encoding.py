"""Which characters the bytes of an upload stand for, decided over the whole file."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from layerlab.domain.dataset import DataWarning
from layerlab.domain.problem import InvalidInput, UnsupportedMedia

_PIECE: Final = 1024**2


@dataclass(frozen=True, slots=True)
class Encoding:
    """`codec` is what Python calls it; `name` is what the dataset says."""

    codec: str
    name: str
    warning: DataWarning | None = None


_BOMS: Final = (
    # UTF-32 first: its little-endian mark begins with that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)


def detect_encoding(path: Path) -> Encoding:
    """UTF-8, else what the byte-order mark says, else Latin-1, with a warning about the rest.

    :raises InvalidInput: `encoding`, naming the byte that the marked encoding can't hold.
    :raises UnsupportedMedia: `not_csv`, for a NUL byte in what is no UTF-16.
    """
    with path.open("rb") as file:
        head = file.read(4)
    for bom, codec, name in _BOMS:
        if head.startswith(bom):
            return _marked(path, codec, name)
    offset = _first_undecodable(path, "utf-8")
    if offset is None:
        return Encoding("utf-8", "utf-8")
    return _latin1(path, offset)


def _marked(path: Path, codec: str, name: str) -> Encoding:
    offset = _first_undecodable(path, codec)
    if offset is not None:
        raise InvalidInput(
            "encoding",
            f"The file is marked as {name}, but byte {offset} (from 0) is none of it.",
            hint="Save the table as UTF-8.",
            extra={"byte_offset": offset},
        )
    said = DataWarning("byte_order_mark", f"The file is {name} with a byte-order mark; read so.")
    return Encoding(codec, name.lower(), said)


def _latin1(path: Path, offset: int) -> Encoding:
    with path.open("rb") as file:
        file.seek(offset)
        byte = file.read(1)[0]
    # Windows' variant prints where Latin-1 has control characters; five of its codes are free.
    codec = "cp1252" if _first_undecodable(path, "cp1252") is None else "latin-1"
    shown = bytes([byte]).decode(codec)
    detail = (
        f"The file is no UTF-8: byte {offset} (from 0) is 0x{byte:02X}. It was read as Latin-1, "
        f"so that this byte is {shown!r}; if that is wrong, save the table as UTF-8."
    )
    return Encoding(codec, "latin-1", DataWarning("latin1", detail))


def _first_undecodable(path: Path, codec: str) -> int | None:
    """The offset of the first byte that `codec` can't decode; None when it decodes them all."""
    decoder = codecs.getincrementaldecoder(codec)()
    done = 0
    with path.open("rb") as file:
        while True:
            piece = file.read(_PIECE)
            if not codec.startswith(("utf-16", "utf-32")) and b"\0" in piece:
                raise UnsupportedMedia(
                    "not_csv",
                    f"Byte {done + piece.index(0)} (from 0) is NUL, which no CSV holds.",
                    hint="Save the table as UTF-8 text.",
                )
            # What the decoder holds back of the piece before comes first in this one.
            held = len(decoder.getstate()[0])
            try:
                decoder.decode(piece, final=not piece)
            except UnicodeDecodeError as error:
                return done - held + error.start
            if not piece:
                return None
            done += len(piece)
