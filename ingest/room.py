"""Memory that was freed, back to the system: glibc keeps it in pieces between what is in use."""

import ctypes
import gc
from collections.abc import Callable
from functools import cache
from typing import Any, Final

_ARENA_MAX: Final = -8
"""glibc's M_ARENA_MAX (malloc.h)."""

_LOOKED_AT: Final = (100_000, 50, 50)
"""New objects after which Python looks for those that hold on to each other, and so on (gc.set_threshold)."""


def give_back() -> None:
    """Give freed memory back. Costs some milliseconds, once a block; without it an ingest takes 30 to 60 MB more."""
    _function("malloc_trim")(0)


@cache
def share_one() -> None:
    """Have the threads that begin from here on share one heap.

    Each would have its own, up to eight a processor, and what is freed at a heap's end stays with it: cycles of
    10,000 keys that need 340 MB in the end had 590 after five hours, in the heaps of threads that were gone. The time
    that they take is the same, and so is an ingest's.
    """
    _function("mallopt")(_ARENA_MAX, 1)


def look_seldom() -> None:
    """Have Python look for objects that hold on to each other once in 100,000 new ones, not in 700.

    Frames and rows do not: of a backtest over 10 million events a tenth of the time went into looking (64 s, and 58
    without any), and it holds no more memory.
    """
    gc.set_threshold(*_LOOKED_AT)


def _function(name: str) -> Callable[..., Any]:
    try:
        found: Callable[..., Any] = getattr(ctypes.CDLL(None), name)
    except (OSError, AttributeError):  # another C library
        return lambda *_: None
    return found
