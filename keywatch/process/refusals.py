"""What ends a part of a run and not the run: our own errors, and what the system refuses."""

from typing import Final

from model.errors import KeywatchError

REFUSALS: Final = (KeywatchError, OSError, MemoryError)
"""A disk that is full, no file that may be opened any more, no memory: the next turn tries again."""
NO_MEMORY: Final = (
    "The memory is not enough, or a limit on it is too low.\n"
    "  Give the process 600 MB, and 4 GB of address space; what was stored stays, and the next run goes on from there."
)


def no_memory(error: BaseException) -> bool:
    """Whether Python or DuckDB had no memory; DuckDB is not imported for the name of its error."""
    return isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryException"


def said(error: Exception) -> str:
    """The sentence of one of them."""
    if isinstance(error, OSError):
        where = f" ({error.filename})" if error.filename else ""
        why = error.strerror or error
        return f"The system refused: {why}{where}.\n  Nothing of this part was done; it is tried again."
    return NO_MEMORY if no_memory(error) else str(error)
