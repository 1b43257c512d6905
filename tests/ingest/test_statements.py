from collections.abc import Iterator

import duckdb
import numpy as np
import pytest

from ingest.framing.interface import Records
from ingest.lines import table
from ingest.statements import GIVEN, Statements, as_given

ASKED = f"SELECT n, text, envelope FROM {GIVEN} ORDER BY n"


@pytest.fixture
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as connection:
        yield connection


def test_a_statement_reads_the_lines_that_it_is_given(duck: duckdb.DuckDBPyConnection) -> None:
    lines = Records('it\'s\n\n\\x22 "ä" $1 -- /*\n'.encode(), np.array([3, 5, 8], dtype=np.int32), [None, "12:00", "'"])
    statements = Statements(duck)

    given = as_given(table(lines))
    assert given is not None
    found = [statements.run(ASKED, given).to_pylist() for _ in range(2)]

    texts = [(3, "it's\n", None), (5, "\n", "12:00"), (8, '\\x22 "ä" $1 -- /*\n', "'")]
    assert 2 * [[dict(zip(("n", "text", "envelope"), row, strict=True)) for row in texts]] == found


@pytest.mark.parametrize("data", [b"a\n" * 1_001, b"a" * (1 << 16) + b"\n", b"a\0b\n"])
def test_many_lines_long_ones_and_those_with_a_nul_are_not_given(data: bytes) -> None:
    assert as_given(table(Records(data))) is None
