"""Holding a workspace: one process writes at a time, and any other can say which one that is.

The lock is the system's (flock) and ends with its process, however that ends. Beside it, in the file, stands who holds
it; that is for messages only.
"""

import fcntl
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from model.clock import SystemClock
from model.errors import StoreError, WorkspaceLocked

_NAME: Final = ".keywatch.lock"
_LONGEST: Final = 1000
_RETRY: Final = 0.1
_STOPPED: Final = frozenset("Tt")
"""The states of /proc/PID/stat of a process that was stopped, or is traced."""


@contextmanager
def holding(root: Path) -> Iterator[None]:
    """Hold the workspace. Raises WorkspaceLocked when another process does, StoreError when nobody can."""
    try:
        descriptor = os.open(root / _NAME, os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        msg = f"The workspace {root} cannot be locked: {error.strerror}."
        raise StoreError(msg, hint="Make room, or give this user the right to write there.") from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _locked(root, _holder(descriptor)) from None
        _sign(descriptor)
        try:
            yield
        finally:
            with suppress(OSError):
                os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


@contextmanager
def waiting_for(hold: Callable[[], AbstractContextManager[object]], patience: timedelta) -> Iterator[None]:
    """Hold something, and wait `patience` at most while another process does. Raises WorkspaceLocked then."""
    until = time.monotonic() + patience.total_seconds()
    with ExitStack() as stack:
        while True:
            try:
                stack.enter_context(hold())
            except WorkspaceLocked:
                if time.monotonic() >= until:
                    raise
                time.sleep(_RETRY)
            else:
                break
        yield


def _sign(descriptor: int) -> None:
    """Say who holds it. On a full disk nobody does: the lock holds without."""
    now = SystemClock().now()
    text = json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": f"{now:%Y-%m-%d %H:%M:%S} UTC"})
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, text.encode(), 0)


def _holder(descriptor: int) -> dict[str, Any]:
    """What the holder says of itself; empty when it has not said it yet, or could not."""
    try:
        found = json.loads(os.pread(descriptor, _LONGEST, 0))
        return {"pid": int(found["pid"]), "host": str(found["host"]), "since": str(found["since"])}
    except (OSError, ValueError, LookupError, TypeError):
        return {}


def _locked(root: Path, holder: dict[str, Any]) -> WorkspaceLocked:
    msg = f"Another keywatch is working in {root}"
    hint = "Wait for it, or stop it; nothing was changed."
    if holder:
        pid = holder["pid"]
        msg += f": process {pid} on {holder['host']}, since {holder['since']}"
        if holder["host"] == socket.gethostname() and _is_stopped(pid):
            msg += ". That process is stopped (SIGSTOP, Ctrl-Z)"
            hint = (
                f"`kill -CONT {pid}` lets it go on, `kill -9 {pid}` ends it: no line is lost or doubled by either."
                " Nothing was changed."
            )
    return WorkspaceLocked(f"{msg}.", hint=hint)


def _is_stopped(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text("ascii", "replace")
    except OSError:
        return False
    # The name before it, in parentheses, may hold anything.
    return status.rpartition(")")[2].strip()[:1] in _STOPPED
