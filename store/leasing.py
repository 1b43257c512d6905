"""Holding a lease: renewed in the background, and every transaction inside is fenced by its epoch."""

import os
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from model.errors import StoreError, WorkspaceLocked
from store.state import leases
from store.state.leases import Lease

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from store.handle import Store

_RENEWALS: Final = 3
"""In the time of a lease: two may fail."""
_IDLE: Final = 2
"""Lengths of a lease that a fenced transaction may do nothing for, before the server ends it."""
_SELF: Final = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"

_fences: ContextVar[tuple[tuple["Engine", Lease, timedelta], ...]] = ContextVar("fences", default=())


@contextmanager
def leased(store: "Store", name: str, *, length: timedelta, rest: timedelta = timedelta(0)) -> Iterator[Lease]:
    """Do some work that is done by one process at a time; what this thread writes inside is fenced.

    Raises WorkspaceLocked when another process has it, or took it less than `rest` ago.
    """
    with store.transaction() as tx:
        lease = leases.take(tx, name, _holder(), length=length, rest=rest)
        other = None if lease is not None else leases.holder_of(tx, name)
    if lease is None:
        raise _taken(name, other)
    over = threading.Event()
    renewing = threading.Thread(target=_renew, args=(store, lease, length, over), name=f"lease-{name}", daemon=True)
    renewing.start()
    token = _fences.set((*_fences.get(), (store.state, lease, length)))
    try:
        yield lease
    finally:
        _fences.reset(token)
        over.set()
        with suppress(StoreError), store.transaction() as tx:  # the database is away: it runs out by itself
            leases.release(tx, lease)


def check_fences(tx: "Session", engine: "Engine") -> None:
    """Raise Fenced when a lease that this thread works under is somebody else's by now."""
    for held, lease, length in _fences.get():
        if held is engine:
            leases.check(tx, lease, _IDLE * length)


def _holder() -> str:
    return f"{_SELF}:{threading.get_ident()}"


def _renew(store: "Store", lease: Lease, length: timedelta, over: threading.Event) -> None:
    while not over.wait(length.total_seconds() / _RENEWALS):
        with suppress(StoreError), store.transaction() as tx:
            if not leases.renew(tx, lease, length):
                return


def _taken(name: str, other: leases.Holder | None) -> WorkspaceLocked:
    msg = f"Another keywatch does {name}"
    if other is not None:
        host, pid = other.name.split(":")[:2]
        msg += f": process {pid} on {host}, since {other.since:%Y-%m-%d %H:%M:%S} UTC"
    return WorkspaceLocked(f"{msg}.", hint="Wait for it, or stop it; nothing was changed.")
