"""What peers publish as rules for failed calls, on the same log, for the same judge.

The logic is that of their repositories (reference: Panther `Standard.BruteForceByIP` and `-ByUser`, Elastic "Okta
Credential Stuffing (Single Source)", CrowdSec `http-generic-bf` with its 401 and 403 variants, fail2ban's default
jail), each with the suppression that it ships with. Read once with DuckDB; what remains are the failed calls.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import duckdb
import pandas as pd

from benchmarks.worlds.scoring import Found

_MINUTE: Final = 60
_HOUR: Final = 3_600


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert of a peer: seconds since 1970 of its first failure and of the one that made it, and its subject."""

    first: float
    at: float
    subject: str
    by_key: bool = False


@dataclass(frozen=True, slots=True)
class Peer:
    """A published rule."""

    name: str
    rule: Callable[[pd.DataFrame], Iterator[Alert]]


def failures(log: Path) -> pd.DataFrame:
    """The calls of a nginx JSON log that were answered 401 or 403: `t` (s), `ip`, `key`, `method`; by time."""
    query = """
        SELECT epoch(time_iso8601::TIMESTAMPTZ) AS t, remote_addr AS ip, http_x_api_token AS key,
               request_method AS method
        FROM read_json(?, format = 'newline_delimited', ignore_errors = true, columns = {
            time_iso8601: 'VARCHAR', remote_addr: 'VARCHAR', http_x_api_token: 'VARCHAR', request_method: 'VARCHAR',
            status: 'VARCHAR'})
        WHERE status IN ('401', '403') ORDER BY t
    """
    with duckdb.connect() as connection:
        return connection.execute(query, [str(log)]).df()


def counted(by: str, count: int, span: float, quiet: float) -> Callable[[pd.DataFrame], Iterator[Alert]]:
    """`count` failures of one subject within `span` seconds, sliding; silent for `quiet` seconds after an alert."""

    def rule(failed: pd.DataFrame) -> Iterator[Alert]:
        for subject, times in _groups(failed[failed[by] != ""], by):
            recent: deque[float] = deque()
            until = float("-inf")
            for t in times:
                if t < until:
                    continue
                recent.append(t)
                while recent[0] <= t - span:
                    recent.popleft()
                if len(recent) >= count:
                    yield Alert(recent[0], t, subject, by_key=by == "key")
                    recent.clear()
                    until = t + quiet

    return rule


def bucket(capacity: int, leak: float, quiet: float, method: str | None) -> Callable[[pd.DataFrame], Iterator[Alert]]:
    """A leaky bucket by address: alerts when it runs over, then ignores the address for `quiet` seconds."""

    def rule(failed: pd.DataFrame) -> Iterator[Alert]:
        some = failed if method is None else failed[failed["method"] == method]
        for subject, times in _groups(some, "ip"):
            level, last, first, until = 0.0, float("-inf"), 0.0, float("-inf")
            for t in times:
                if t < until:
                    continue
                level = max(0.0, level - (t - last) / leak) if level else 0.0
                first = first if level else t
                level, last = level + 1, t
                if level > capacity:
                    yield Alert(first, t, subject)
                    level, until = 0.0, t + quiet

    return rule


def stuffing(failed: pd.DataFrame) -> Iterator[Alert]:
    """Elastic, single source: in 15 minutes 25 failures with 15 keys, none of them more than twice."""
    some = failed[failed["key"] != ""]
    each = some.groupby(["ip", some["t"] // (15 * _MINUTE), "key"]).agg(
        n=("t", "size"), first=("t", "min"), last=("t", "max")
    )
    for (ip, _), keys in each.groupby(level=[0, 1]):
        if keys["n"].sum() >= 25 and len(keys) >= 15 and keys["n"].max() <= 2:
            yield Alert(keys["first"].min(), keys["last"].max(), str(ip))


PEERS: Final = (
    Peer("Panther: 20 in 60 min by address", counted("ip", 20, _HOUR, _HOUR)),
    Peer("Panther: 20 in 60 min by key", counted("key", 20, _HOUR, _HOUR)),
    Peer("Elastic: stuffing, single source", stuffing),
    Peer("CrowdSec: http-generic-bf (POST only)", bucket(5, 10, _MINUTE, "POST")),
    Peer("CrowdSec: the same for every method", bucket(5, 10, _MINUTE, None)),
    Peer("fail2ban: 5 in 10 min", counted("ip", 5, 10 * _MINUTE, 10 * _MINUTE)),
)


def alerts(peer: Peer, failed: pd.DataFrame, owners: dict[str, str]) -> list[Found]:
    """A peer's alerts as findings of medium severity; `owners` maps secrets to key ids."""
    return [
        Found(
            detector=peer.name,
            severity="medium",
            key_id=owners.get(alert.subject, f"unknown:{alert.subject[-6:]}") if alert.by_key else None,
            ip=None if alert.by_key else alert.subject,
            text="",
            first_seen=_moment(alert.first),
            last_seen=_moment(alert.at),
            detected_at=_moment(alert.at),
            spans=((_moment(alert.first), _moment(alert.at)),),
            heard=(_moment(alert.at),),
            incident=None,
        )
        for alert in peer.rule(failed)
    ]


def owners_of(inventory: Path) -> dict[str, str]:
    """Key ids by secret, from a world's keys.csv."""
    rows = pd.read_csv(inventory, dtype=str)
    return dict(zip(rows["secret"], rows["key_id"], strict=True))


def _groups(failed: pd.DataFrame, by: str) -> Iterator[tuple[str, list[float]]]:
    for subject, times in failed.groupby(by)["t"]:
        yield str(subject), times.tolist()


def _moment(t: float) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=t)
