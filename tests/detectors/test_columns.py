"""Whether texts are among others: what pandas says, sooner."""

import pandas as pd
import pyarrow as pa
import pytest

from detectors.columns import among


@pytest.mark.parametrize("dtype", ["object", "str", pd.ArrowDtype(pa.string())])
@pytest.mark.parametrize("wanted", [set(), {"a"}, {"a", "c", "nobody"}])
def test_it_is_what_pandas_says(dtype: object, wanted: set[str]) -> None:
    column = pd.Series(["a", "b", None, "c", "a"], index=[5, 3, 9, 1, 2], dtype=dtype)

    pd.testing.assert_series_equal(column.isin(wanted).astype(bool), among(column, wanted))


def test_of_an_empty_column_nothing_is() -> None:
    assert [] == among(pd.Series([], dtype="object"), {"a"}).to_list()
