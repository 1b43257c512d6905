"""Segments that cannot be read: which one, and what to do."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import duckdb

from model.errors import StoreError

_OF_FILES: Final = (duckdb.IOException, duckdb.InvalidInputException)
_NAMED: Final = re.compile(r"[^\s'\"]+\.parquet")


@contextmanager
def told_of_damage() -> Iterator[None]:
    """Turn what DuckDB says of broken or missing files into a StoreError that names them."""
    try:
        yield
    except Exception as error:
        found = _of_files(error)
        if found is None:
            raise
        named = _NAMED.search(str(found))
        what = f"The segment {named[0]}" if named else "A segment"
        msg = f"{what} cannot be read: {_said(found)}"
        raise StoreError(
            msg, hint="It is damaged, or somebody removed it. Put it back from a backup; what others hold is untouched."
        ) from None


def _said(error: duckdb.Error) -> str:
    """In a line; of an object store DuckDB tells the whole traceback."""
    lines = str(error).strip().splitlines()
    told = [line for line in lines if line and not line.startswith((" ", "LINE", "Traceback"))]
    return (told or lines)[0]


def _of_files(error: BaseException | None) -> duckdb.Error | None:
    """DuckDB's own error behind what SQLAlchemy and pandas made of it, when it is about a file."""
    while error is not None:
        # Of a file that is no good Parquet it often raises its bare base; mistakes in SQL have classes of their own.
        if isinstance(error, _OF_FILES) or type(error) is duckdb.Error:
            return error
        error = getattr(error, "orig", None) or error.__cause__ or error.__context__
    return None
