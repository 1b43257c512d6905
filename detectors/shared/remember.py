"""Remembers what a function made of DataFrames last, since several detectors of one run ask for the same."""

import functools
import weakref
from collections.abc import Callable
from typing import Any, TypeVar

import pandas as pd

Made = TypeVar("Made")


def remembered(function: Callable[..., Made]) -> Callable[..., Made]:
    """A pure `function`, worked out once for the same DataFrames (not equal ones) and equal other arguments.

    Only the last result is held, and no longer than those DataFrames. Nobody writes to what it returns.
    """
    last: list[tuple[tuple[Any, ...], Made]] = []

    def forget(gone: "weakref.ref[pd.DataFrame]") -> None:
        if last and any(each is gone for each in last[0][0]):
            last.clear()

    @functools.wraps(function)
    def remembering(*given: Any) -> Made:  # noqa: ANN401 (whatever the function takes)
        for held, made in last:
            if len(held) == len(given) and all(map(_same, held, given)):
                return made
        made = function(*given)
        held = tuple(weakref.ref(each, forget) if isinstance(each, pd.DataFrame) else each for each in given)
        last[:] = [(held, made)]
        return made

    return remembering


def _same(held: Any, given: Any) -> bool:  # noqa: ANN401
    return held() is given if isinstance(held, weakref.ref) else bool(held == given)
