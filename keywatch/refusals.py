"""What ends a part of a run and not the run: our own errors, and what the system refuses."""

from typing import Final

from model.errors import KeywatchError

REFUSALS: Final = (KeywatchError, OSError)
"""A disk that is full, no file that may be opened any more: the next turn tries again."""


def said(error: KeywatchError | OSError) -> str:
    """The sentence of one of them."""
    if isinstance(error, KeywatchError):
        return str(error)
    where = f" ({error.filename})" if error.filename else ""
    return f"The system refused: {error.strerror or error}{where}.\n  Nothing of this part was done; it is tried again."
