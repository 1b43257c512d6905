"""A state that cannot be read or written: what is wrong with it, and what to do."""

from typing import Final

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from model.errors import StoreError

_DAMAGED: Final = ("malformed", "not a database", "corrupt", "invalid page")
"""What SQLite and PostgreSQL call it."""


def refused(engine: Engine, error: DBAPIError, what: str, *, hint: str) -> StoreError:
    """The error of a state that cannot be `what` (opened, read, written); `hint` is for one that is not damaged."""
    said = str(error.orig).strip()
    if any(word in said for word in _DAMAGED):
        msg = f"The state {engine.url.render_as_string()} is damaged: {said}."
        return StoreError(
            msg,
            hint="Keep the file as it is. Put a backup of the state in its place, and what was logged since"
            " is read again. Without a backup, SQLite's own `.recover` may save the most of it.",
        )
    return StoreError(f"The state {engine.url.render_as_string()} cannot be {what}: {said}.", hint=hint)
