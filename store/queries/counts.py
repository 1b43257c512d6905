"""The counts that every breakdown has, in one order."""

from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from sqlalchemy.sql.expression import ColumnElement, FromClause, Label

from model.event import Outcome
from store.queries.shape import COUNT

if TYPE_CHECKING:
    import pandas as pd

COUNTS: Final[dict[str, str]] = dict.fromkeys(
    ("requests", "successes", "unauthorized", "forbidden", "throttled", "errors", "bytes_out"),
    COUNT,
)
"""Column to dtype. Successes are the outcome ok, errors are client_error and server_error; unknown is in none."""

_OUTCOMES: Final[dict[str, tuple[Outcome, ...]]] = {
    "successes": (Outcome.OK,),
    "unauthorized": (Outcome.UNAUTHENTICATED,),
    "forbidden": (Outcome.FORBIDDEN,),
    "throttled": (Outcome.THROTTLED,),
    "errors": (Outcome.CLIENT_ERROR, Outcome.SERVER_ERROR),
}


def counts(rows: FromClause) -> list[Label[int]]:
    """The columns of COUNTS over `rows`, which has `outcome`, `requests` and `bytes_out`; 0 where nothing is."""
    return [
        total(rows.c.requests).label("requests"),
        *(requests_of(rows, *outcomes).label(name) for name, outcomes in _OUTCOMES.items()),
        total(rows.c.bytes_out).label("bytes_out"),
    ]


def of_outcomes(counted: "pd.DataFrame") -> "pd.DataFrame":
    """One row of COUNTS from [outcome, requests, bytes_out], one row an outcome."""
    import pandas as pd

    requests = dict(zip(counted["outcome"], counted["requests"], strict=True))
    parts = {name: sum(int(requests.get(each.value, 0)) for each in those) for name, those in _OUTCOMES.items()}
    sums = {"requests": int(counted["requests"].sum()), **parts, "bytes_out": int(counted["bytes_out"].sum())}
    return pd.DataFrame({name: pd.Series([sums[name]], dtype=kind) for name, kind in COUNTS.items()})


def requests_of(rows: FromClause, *outcomes: Outcome) -> ColumnElement[int]:
    """How many requests of `rows` had one of the outcomes."""
    names = [outcome.value for outcome in outcomes]
    return total(sa.case((rows.c.outcome.in_(names), rows.c.requests), else_=0))


def total(column: ColumnElement[Any]) -> ColumnElement[int]:
    """The sum, 0 over nothing: one null would turn the whole column into floats, which round beyond 2**53."""
    return sa.func.coalesce(sa.func.sum(column), 0)
