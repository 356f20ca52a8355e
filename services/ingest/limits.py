"""How much is read. Every limit is checked while streaming, before anything is parsed on."""

from __future__ import annotations

from typing import Final

MAX_BYTES: Final = 2 * 1024**3
MAX_COLUMNS: Final = 10_000
MAX_ROWS: Final = 10_000_000
# Empty cells cost a byte each in the file and many times that in memory and time.
MAX_CELLS: Final = 500_000_000
MAX_FIELD_CHARACTERS: Final = 1024**2
# One line of the file; a quoted cell may span several.
MAX_LINE_CHARACTERS: Final = 16 * 1024**2
MAX_NAME_CHARACTERS: Final = 300

# Inputs of a network, all columns together: a wider first layer is a mistake, not a search.
MAX_INPUTS: Final = 20_000
MAX_MATRIX_BYTES: Final = 8 * 1024**3
# Of one fold; of smaller tables all folds of a partition are prepared at once: starting a child and
# reading the table take longer there than preparing does.
MAX_FOLD_BYTES_TOGETHER: Final = 100_000_000
# Prepared repeats that are kept, beside those that are being read.
MAX_REPEAT_BYTES: Final = 2 * 1024**3
MAX_REPEAT_SECONDS: Final = 3600.0
# Row numbers of a split travel in one gRPC message of 16 MiB, at most 4 bytes each.
MAX_SPLIT_ROWS: Final = 4_000_000
