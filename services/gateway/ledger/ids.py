"""Names for what is new."""

from __future__ import annotations

import secrets
from typing import Final

# No vowels, so that no id spells a word.
_LETTERS: Final = "0123456789bcdfghjkmnpqrstvwxyz"
_LENGTH: Final = 12


def new_id() -> str:
    """Of a study, or of what is asked about one."""
    return "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
