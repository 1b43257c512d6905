"""Sums over a sliding span of minutes, by subject."""

from datetime import timedelta

import pandas as pd


def sliding_sums(rows: pd.DataFrame, *, by: str, at: str, of: list[str], span: timedelta) -> pd.DataFrame:
    """The sums of the columns `of` over (t - span, t] for each subject and each moment t that it has.

    `rows` has the columns by, at and of. Returns one row for each (by, at), sorted, with the sums in `of`.
    """
    enter = rows.groupby([by, at], as_index=False)[of].sum()
    leave = enter.assign(**{at: enter[at] + span}, **{column: -enter[column] for column in of})
    # What leaves at t leaves before anything enters at t: the span is open at its start.
    steps = pd.concat([leave.assign(_enters=0), enter.assign(_enters=1)]).sort_values(
        [by, at, "_enters"], kind="stable"
    )
    steps[of] = steps.groupby(by)[of].cumsum()
    return steps[steps["_enters"] == 1].drop(columns="_enters").reset_index(drop=True)


def sliding_distinct(
    rows: pd.DataFrame, *, by: str, at: str, value: str, span: timedelta, least: int = 1
) -> pd.DataFrame:
    """How many different `value` each subject has over (t - span, t], for each moment t that it has.

    Returns one row for each (by, at), sorted, with the number in `distinct`, where it is `least` or more. A value
    counts from each of its moments until it comes again or `span` is over, so the spans of one value never overlap.
    """
    enter = rows[[by, at, value]].drop_duplicates()
    if least > 1:  # most subjects never have so many, and sorting them all is what costs
        many = enter.drop_duplicates([by, value]).groupby(by)[value].size()
        enter = enter[enter[by].isin(many.index[many >= least])]
    enter = enter.sort_values([by, value, at], kind="stable")
    again = enter.groupby([by, value])[at].shift(-1)
    ends = enter[at] + span
    leave = enter.assign(**{at: ends.where(again.isna() | (ends < again), again)})
    steps = pd.concat([leave.assign(distinct=-1, _enters=0), enter.assign(distinct=1, _enters=1)])
    steps = steps.sort_values([by, at, "_enters"], kind="stable")
    steps["distinct"] = steps.groupby(by)["distinct"].cumsum()
    entered = steps[steps["_enters"] == 1]
    last = entered.drop_duplicates([by, at], keep="last")[[by, at, "distinct"]]
    return last[last["distinct"] >= least].reset_index(drop=True)
