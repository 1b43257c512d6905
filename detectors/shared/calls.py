"""What the rows of one subject and bucket add up to."""

from datetime import datetime
from typing import NamedTuple

import pandas as pd

from detectors.scores import moment


class Calls(NamedTuple):
    """Sums over rows that have ip, requests, ok, first_seen and last_seen, and a clock that is never null."""

    ok: int
    failed: int
    """Unauthenticated and forbidden; 0 where the rows do not say."""
    requests: int
    ip: str | None
    """The address with most successes, then most calls; None when the rows have none."""
    addresses: int
    first: datetime
    last: datetime


def calls_of(rows: pd.DataFrame, clock: str = "hour") -> Calls:
    """The sums of one group of rows."""
    failed = [name for name in ("unauthenticated", "forbidden") if name in rows.columns]
    ip, addresses = None, 0
    if "ip" in rows.columns:
        by_ip = rows.groupby("ip")[["ok", "requests"]].sum().reset_index()
        addresses = len(by_ip)
        if addresses:
            ip = str(by_ip.sort_values(["ok", "requests", "ip"])["ip"].iloc[-1])
    return Calls(
        ok=int(rows["ok"].sum()),
        failed=int(rows[failed].to_numpy().sum()) if failed else 0,
        requests=int(rows["requests"].sum()),
        ip=ip,
        addresses=addresses,
        first=moment(rows["first_seen"].fillna(rows[clock]).min()),
        last=moment(rows["last_seen"].fillna(rows[clock]).max()),
    )


def many(count: int, one: str, more: str | None = None) -> str:
    """`1 call`, `2 calls`, `3 addresses`."""
    return f"{count:,} {one if count == 1 else more or one + 's'}"
