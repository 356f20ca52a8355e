"""Names from strangers: shown to people, never used for anything else."""

from __future__ import annotations

import unicodedata

from services.gateway.study_request import MAX_NAME


def display_name(text: str, default: str) -> str:
    """`text` on one line, without what a terminal or a browser would obey (controls, direction
    marks, half characters), at most 200 characters long; `default` when nothing is left.
    """
    visible = (" " if each.isspace() else each for each in text)
    kept = "".join(each for each in visible if not unicodedata.category(each).startswith("C"))
    return " ".join(kept.split())[:MAX_NAME].rstrip() or default
