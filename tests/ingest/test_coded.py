"""Columns as codes, and where the lines of a block are."""

import numpy as np
import pyarrow as pa
import pytest

from ingest.block import BlockFile
from ingest.lines import Lines, line_ends
from ingest.secrets import flags
from ingest.statements import Statements
from model.coded import Coded, constant, encoded, first, of_texts, paired
from model.event import Flag


def column(*texts: str | None) -> Coded:
    return encoded(pa.chunked_array([pa.array(texts[:2], pa.string()), pa.array(texts[2:], pa.string())]))


def rows(coded: Coded) -> list[str | None]:
    return list(coded.arrow().to_pylist())


def test_a_column_comes_back_as_it_was() -> None:
    assert ["a", None, "b", "a", "c"] == rows(column("a", None, "b", "a", "c"))
    assert [] == rows(encoded(pa.chunked_array([], pa.string())))
    assert [None, None] == rows(constant(None, 2))


def test_values_that_become_one_are_one_and_those_that_become_null_are_none() -> None:
    found = column("a", "b", "c", "a", None).mapped(["x", "x", None])

    assert ["x", "x", None, "x", None] == rows(found)
    assert ["x"] == found.texts()


def test_rows_that_are_left_out_take_their_values_with_them() -> None:
    found = column("secret", "a", None, "b").among(np.array([False, True, True, True]))

    assert ["a", None, "b"] == rows(found)
    assert ["a", "b"] == found.texts()


def test_the_first_column_that_has_a_text_counts() -> None:
    assert ["a", "y", None] == rows(first(column("a", None, None), None, column("x", "y", None)) or constant("", 0))
    assert None is first(None, None)


def test_pairs_of_columns_are_told_apart_nulls_among_them() -> None:
    one, other = column("a", "a", None, "a"), column("x", None, "x", "x")

    place, ones, others = paired(one, other)

    assert [("a", "x"), ("a", None), (None, "x"), ("a", "x")] == [
        (rows(of_texts(ones, one.texts()))[at], rows(of_texts(others, other.texts()))[at]) for at in place
    ]
    assert 3 == len(ones)


def test_flags_stand_in_their_order() -> None:
    first_mask, second_mask = np.array([True, False, True]), np.array([True, False, False])

    found = flags([(Flag.KEY_IN_URL, first_mask), (Flag.SEVERAL_KEYS, second_mask)], 3)

    assert found is not None
    assert ["key_in_url,several_keys", None, "key_in_url"] == rows(found)


@pytest.mark.parametrize("data", [b"", b"a", b"a\n", b"\n\nb", b"x" * 300_000 + b"\nab\n" * 100_000])
def test_any_line_of_a_block_is_found(data: bytes) -> None:
    whole = data.removesuffix(b"\n").split(b"\n") if data else []

    with BlockFile() as file:
        for where in (Lines(data), Lines(file.hold(data))):
            assert len(whole) == where.count
            assert whole[::997] == where.texts(range(0, len(whole), 997))
    assert data.count(b"\n", 0, 7) == line_ends(data, 7)


def test_more_statements_than_are_held_still_run() -> None:
    import duckdb

    with duckdb.connect() as duck:
        statements = Statements(duck)
        found = [statements.run(f"SELECT {n % 12} AS n")["n"].to_pylist() for n in range(30)]

    assert [[n % 12] for n in range(30)] == found
