"""The one place where what an engine returned becomes what callers are promised, whichever engine it was.

DuckDB returns aware moments, wide integers and floats for sums, ClickHouse naive moments; both return objects when
every value is null. Callers get the dtypes below, always.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pandas as pd

MOMENT: Final = "datetime64[us, UTC]"
"""An aware moment; missing is NaT."""
COUNT: Final = "int64"
"""A number of things; never missing, nothing is 0."""
NUMBER: Final = "float64"
"""A measurement; missing is NaN."""
INTEGER: Final = "Int64"
"""A whole number that may be missing (pandas.NA)."""
TEXT: Final = "object"
"""str or None: unlike NaN, None is false, so `if row.key_ref` means what it says."""
SERIES: Final = "list"
"""A list of numbers in every row."""


def shaped(frame: "pd.DataFrame", columns: Mapping[str, str]) -> "pd.DataFrame":
    """The columns named, in their order and with their dtypes; `columns` maps a name to one of the words above."""
    import pandas as pd

    return pd.DataFrame({name: _as(frame[name], kind) for name, kind in columns.items()})


def empty(columns: Mapping[str, str]) -> "pd.DataFrame":
    """No rows of these columns."""
    import pandas as pd

    return shaped(pd.DataFrame(columns=list(columns)), columns)


def _as(values: "pd.Series", kind: str) -> "pd.Series":
    import pandas as pd

    if kind == MOMENT:
        return pd.to_datetime(values, utc=True).astype(MOMENT)
    if kind == COUNT:
        return values.fillna(0).astype(COUNT)
    if kind == INTEGER:
        return pd.to_numeric(values).astype(INTEGER)
    if kind == TEXT:
        return values.astype(TEXT).where(values.notna(), None)
    return values.astype(NUMBER if kind == NUMBER else TEXT)
