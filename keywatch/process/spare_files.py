"""Whether this process may open as many files as a turn needs: DuckDB ends the whole process where it gets none."""

import os
from typing import Final

SPARE: Final = 32
"""Three times what a turn over small logs has open (9); the usual limit is 1,024."""


def check_spare_files() -> None:
    """Raise OSError (EMFILE, ENFILE) when fewer than `SPARE` may be opened."""
    opened: list[int] = []
    try:
        for _ in range(SPARE):
            opened.append(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))  # noqa: PERF401 (each is closed below)
    finally:
        for one in opened:
            os.close(one)
