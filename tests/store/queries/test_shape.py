"""Whatever an engine returns, the dtypes are the promised ones."""

from datetime import UTC, datetime

import pandas as pd

from store.queries.shape import COUNT, INTEGER, MOMENT, NUMBER, TEXT, empty, shaped

COLUMNS = {"at": MOMENT, "n": COUNT, "maybe": INTEGER, "x": NUMBER, "text": TEXT}
DTYPES = ["datetime64[us, UTC]", "int64", "Int64", "float64", "object"]


def test_naive_moments_are_utc_and_missing_text_is_none() -> None:
    raw = pd.DataFrame({"text": ["a", None], "x": [1, None], "maybe": [1, None], "n": [2.0, None], "more": [1, 2]})
    raw["at"] = [datetime(2026, 3, 29, 1, 2, 3, 4), None]  # noqa: DTZ001
    frame = shaped(raw, COLUMNS)

    assert [str(dtype) for dtype in frame.dtypes] == DTYPES
    assert list(COLUMNS) == list(frame.columns)
    assert datetime(2026, 3, 29, 1, 2, 3, 4, tzinfo=UTC) == frame["at"][0]
    assert list(frame["n"]) == [2, 0]
    assert list(frame["text"]) == ["a", None]


def test_columns_of_nothing_but_nulls_keep_their_dtypes() -> None:
    frame = shaped(pd.DataFrame({name: [None, None] for name in COLUMNS}), COLUMNS)

    assert [str(dtype) for dtype in frame.dtypes] == DTYPES


def test_no_rows_have_dtypes_too() -> None:
    assert [str(dtype) for dtype in empty(COLUMNS).dtypes] == DTYPES
