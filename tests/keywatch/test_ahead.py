"""What is read ahead comes in order, one at a time, and ends where whoever asked for it ends."""

from collections.abc import Generator
from threading import Event, current_thread, main_thread

import pytest

from keywatch.process.ahead import one_ahead


def test_the_next_is_made_while_the_one_before_is_worked_on() -> None:
    second = Event()

    def items() -> Generator[str, None, None]:
        yield "first"
        assert current_thread() is not main_thread()
        second.set()
        yield "second"

    asked = one_ahead(items())

    assert next(asked) == "first"
    assert second.wait(10)
    assert list(asked) == ["second"]


def test_no_more_than_one_is_made_ahead() -> None:
    made: list[int] = []

    def items() -> Generator[int, None, None]:
        for n in range(1, 9):
            made.append(n)
            yield n

    for n in one_ahead(items()):
        assert len(made) <= n + 1
    assert made == [*range(1, 9)]


def test_what_fails_is_raised_where_it_would_have_come() -> None:
    def items() -> Generator[int, None, None]:
        yield 1
        msg = "the second cannot be read"
        raise ValueError(msg)

    asked = one_ahead(items())

    assert next(asked) == 1
    with pytest.raises(ValueError, match="the second cannot be read"):
        next(asked)


def test_who_leaves_early_leaves_nothing_open() -> None:
    closed: list[bool] = []

    def items() -> Generator[int, None, None]:
        try:
            yield from range(1, 9)
        finally:
            closed.append(True)

    asked = one_ahead(items())
    next(asked)
    asked.close()

    assert closed == [True]
