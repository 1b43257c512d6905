"""Bursts of failed calls of one subject: a key or an address. The burst detectors and burst-then-success share it."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pandas as pd

from detectors.declare import MINUTE
from detectors.scores import moment
from detectors.shared.windows import sliding_sums


class Burst(NamedTuple):
    """One minute at which a subject is over the line."""

    subject: str
    """The key_ref or the address."""
    minute: datetime
    failures: int
    """Failed calls within the span that ends with this minute."""
    requests: int
    """All calls within the span."""
    new: int
    """Failed calls since the last minute that was over the line, within the span."""
    first_seen: datetime
    last_seen: datetime
    failed: pd.DataFrame
    """The rows of auth_minutes with failures within the span, with the column `failures`."""

    @property
    def share(self) -> float:
        """Failed calls as a share of all."""
        return self.failures / max(self.requests, 1)


def counting(tried: pd.DataFrame, failures: str) -> pd.DataFrame:
    """The rows of `detectors.shared.tried` with `failures`: its column `strange` or `usual`, whichever is counted."""
    return tried.assign(failures=tried[failures])


def over_the_line(minutes: pd.DataFrame, by: str, *, at_least: int, span: timedelta, share: float) -> pd.DataFrame:
    """The minutes at which a subject had `at_least` failures in (minute - span, minute] that are `share` of its calls.

    `minutes` has `failures` (`counting`); only minutes with a failure count. Returns by, minute, failures, requests,
    before (the last such minute of the subject, or null), sorted.
    """
    total = minutes.groupby(by)["failures"].sum()
    rows = minutes[minutes[by].isin(total.index[total >= max(at_least, 1)])]
    sums = sliding_sums(rows, by=by, at="minute", of=["failures", "requests"], span=span)
    fresh = rows.groupby([by, "minute"], as_index=False)["failures"].sum()["failures"].to_numpy()
    over: pd.DataFrame = sums[
        (sums["failures"] >= at_least) & (sums["failures"] >= share * sums["requests"]) & (fresh > 0)
    ]
    before = over.groupby(by)["minute"].shift(1)
    return over.assign(before=before)


def bursts(minutes: pd.DataFrame, by: str, over: pd.DataFrame, span: timedelta) -> list[Burst]:
    """The minutes of `over_the_line` with what a finding says about each."""
    failed = minutes[(minutes["failures"] > 0) & minutes[by].isin(set(over[by]))].sort_values("minute", kind="stable")
    columns = [by, "minute", "failures", "requests", "before"]
    groups = {str(name): group for name, group in failed.groupby(by)}
    return [_burst(row, groups[str(row[0])], span) for row in over[columns].itertuples(index=False, name=None)]


def _burst(row: tuple[Any, ...], group: pd.DataFrame, span: timedelta) -> Burst:
    subject, minute, failures, requests, before = row
    at = pd.Timestamp(minute)
    since = at - span
    last = since if pd.isna(before) else max(since, pd.Timestamp(before))
    low, fresh, high = pd.DatetimeIndex(group["minute"]).searchsorted(pd.DatetimeIndex([since, last, at]), side="right")
    failed, new = group.iloc[low:high], group.iloc[fresh:high]
    return Burst(
        subject=str(subject),
        minute=moment(at),
        failures=int(failures),
        requests=int(requests),
        new=int(new["failures"].sum()),
        first_seen=moment(new["first_seen"].fillna(new["minute"]).min()),
        last_seen=moment(new["last_seen"].fillna(new["minute"] + MINUTE).max()),
        failed=failed,
    )


def recent(lines: pd.DataFrame, rows: pd.DataFrame, by: str, within: timedelta) -> "pd.Series[bool]":
    """Whether the subject of each row was over the line at one of the minutes (minute - within, minute].

    Both have `by` and `minute`; the index is that of `rows`.
    """
    told = lines[[by, "minute"]].dropna().sort_values("minute", kind="stable")
    asked = rows[[by, "minute"]].dropna().sort_values("minute", kind="stable")
    last = told.assign(last=told["minute"])
    met = pd.merge_asof(asked, last, on="minute", by=by, tolerance=pd.Timedelta(within - MINUTE))
    return pd.Series(met["last"].notna().to_numpy(), index=asked.index).reindex(rows.index, fill_value=False)


def calls(number: int) -> str:
    """`1 failed call`, `60 failed calls`."""
    return f"{number:,} failed call{'' if number == 1 else 's'}"


def listed(values: "pd.Series[str]", most: int = 20) -> list[str]:
    """The distinct values, the commonest first, at most so many; for a finding's detail."""
    counts = values.dropna().value_counts().rename_axis("value").reset_index(name="times")
    ordered = counts.sort_values(["times", "value"], ascending=[False, True])
    return [str(value) for value in ordered["value"].head(most)]


def top(failed: pd.DataFrame, column: str) -> str | None:
    """The value of `column` with most failures, None when all are null."""
    sums = failed.groupby(column)["failures"].sum()
    return str(sums.idxmax()) if len(sums) else None
