"""A state that cannot be read or written: what is wrong with it, whether it can pass, and what to do."""

import errno
import re
import sqlite3
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from model.errors import StoreAway, StoreError

_DAMAGED: Final = ("malformed", "not a database", "corrupt", "invalid page")
"""What SQLite and PostgreSQL call it."""
_CAN_PASS: Final = frozenset({"SQLITE_FULL", "SQLITE_BUSY", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_READONLY"})
"""A disk that is full, read-only or fails, a lock, too many open files. A file that is not there or that this user may
not open is found before SQLite is asked."""
_OF_A_DISK: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EMFILE, errno.ENFILE})
_ANSWERED: Final = re.compile(r"failed: \S+:  ")
"""How libpq begins what a server said before it let anybody in: a wrong password, a database that is not there."""
_NOT_YET: Final = (
    "is starting up",
    "is shutting down",
    "in recovery mode",
    "not yet accepting connections",
    "not accepting connections",
    "too many clients",
    "connection slots are reserved",
)
"""What a server says to somebody who may try again."""
_STATES: Final = ("08", "53", "57P")
"""SQLSTATE: the connection was lost, too little of something (disk, memory, connections), the server was stopped."""


def refused(engine: Engine, error: DBAPIError, what: str, *, hint: str) -> StoreError:
    """The error of a state that cannot be `what` (opened, read, written); `hint` is for one that is not damaged.

    StoreAway where it can pass by itself.
    """
    said = str(error.orig).strip()
    if any(word in said for word in _DAMAGED):
        msg = f"The state {engine.url.render_as_string()} is damaged: {said}."
        return StoreError(
            msg,
            hint="Keep the file as it is. Put a backup of the state in its place, and what was logged since"
            " is read again. Without a backup, SQLite's own `.recover` may save the most of it.",
        )
    kind = StoreAway if _can_pass(error) else StoreError
    return kind(f"The state {engine.url.render_as_string()} cannot be {what}: {said}.", hint=hint)


def not_now(error: OSError) -> bool:
    """Whether the disk or the system may let us later: no room, read-only, too many open files."""
    return error.errno in _OF_A_DISK


def _can_pass(error: DBAPIError) -> bool:
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        name = getattr(cause, "sqlite_errorname", None) or ""
        return any(name.startswith(one) for one in _CAN_PASS)
    if (state := getattr(cause, "sqlstate", None)) is not None:
        return str(state).startswith(_STATES)
    said = str(cause)
    return _ANSWERED.search(said) is None or any(word in said for word in _NOT_YET)
