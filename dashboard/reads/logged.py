"""What the page of administrators reads of the audit log; for nobody else."""

from collections.abc import Callable
from typing import Final

import pandas as pd

from dashboard.login.roles import Role
from dashboard.reads.opened import place, state_of, store
from store.state import audit_search
from store.state.audit_search import Sought

MOST: Final = 100_000
"""Rows that a file has at most; the newest."""


def actions() -> list[str]:
    """The actions that can be asked for."""
    with store(Role.ADMIN).reading() as tx:
        return audit_search.actions(tx)


def count(sought: Sought) -> int:
    """How many rows match."""
    with store(Role.ADMIN).reading() as tx:
        return audit_search.count(tx, sought)


def found(sought: Sought, *, limit: int, offset: int) -> pd.DataFrame:
    """Some of the rows that match, as `store.state.audit_search.found`."""
    with store(Role.ADMIN).reading() as tx:
        return audit_search.found(tx, sought, limit=limit, offset=offset)


def all_found(sought: Sought) -> Callable[[], pd.DataFrame]:
    """What reads MOST of them, in a thread that knows of no session: who may is settled here."""
    where = place(Role.ADMIN)

    def read() -> pd.DataFrame:
        with state_of(where) as tx:
            return audit_search.found(tx, sought, limit=MOST)

    return read
