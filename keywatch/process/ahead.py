"""Reading ahead: what is made next is made while whoever asked for it works on what came before."""

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TypeVar

Item = TypeVar("Item")


def one_ahead(items: Generator[Item, None, None]) -> Generator[Item, None, None]:
    """The same items in the same order, one of them made ahead, in a thread of its own.

    What making one raises is raised where it would have come. Whoever leaves early waits for the one that is made.
    """
    with closing(items), ThreadPoolExecutor(max_workers=1, thread_name_prefix="ahead") as pool:
        waiting = pool.submit(next, items, None)
        while (item := waiting.result()) is not None:
            waiting = pool.submit(next, items, None)
            yield item
            del item
