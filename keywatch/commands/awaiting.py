"""A service that begins before its database: it waits, says so, and can be ended meanwhile."""

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, NoReturn

from keywatch.workspace import Workspace
from model.errors import StoreAway

_FIRST: Final = 1.0
_LONGEST: Final = 30.0
"""Seconds between two tries: doubled from the first on. It is not given up: a machine's database may be mended on
Monday, and what cannot pass, such as a wrong password, is told at once."""


def await_store(workspace: Workspace, tell: Callable[[str], None], beat: Callable[[], None] = lambda: None) -> None:
    """Open the store, however long what holds it is away; `tell` gets a sentence for each try, `beat` is called before.

    SIGTERM and Ctrl-C end the process with 0 meanwhile: nothing has begun. Raises what waiting does not help:
    StoreError for a wrong password, a database that is not there, a schema that is too new; ConfigError.
    """
    wait = _FIRST
    with _ended_by_signals():
        while True:
            beat()
            try:
                workspace.store  # noqa: B018 (it is opened at its first use)
            except StoreAway as error:
                said = " ".join(error.what.split())
                tell(f"{said} Trying again in {wait:g} s.")
            else:
                return
            time.sleep(wait)
            wait = min(wait * 2, _LONGEST)


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = {number: signal.signal(number, _end) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(_number: int, _frame: object) -> NoReturn:
    sys.exit(0)
