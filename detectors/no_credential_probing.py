"""no-credential-probing: see the docstring of `score`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import pandas as pd

from detectors.declare import HOUR, Frames, detector
from detectors.scores import Scored, moment, one_a_bucket, to_frame
from detectors.shared.breadths import BUCKET, at, lines, widths
from detectors.shared.windows import sliding_distinct
from model.finding import Severity
from model.window import Window

_SPAN: Final = timedelta(hours=6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Its lines."""

    routes: int = 10
    """Different routes that refused it, within ten minutes;"""
    slow: int = 15
    """or within six hours."""
    medium: int = 100
    """So many are medium: somebody has a list of this API."""


@detector(
    id="no-credential-probing",
    severity=Severity.LOW,
    kind="rule",
    frames=("breadth", "probed_hours"),
    settings=Settings,
    quiet=timedelta(hours=6),
    bucket=BUCKET,
    attack=("T1595.002", "T1595.003"),
    owasp=("API2:2023", "API9:2023"),
    controls=("CC6.6", "CC7.2"),
)
def score(frames: Frames, window: Window, settings: Settings) -> pd.DataFrame:
    """An address tries many protected routes without any key.

    Calls without a credential that were answered 401 on at least 10 different routes within ten minutes, by address
    (CrowdSec's http-admin-interface-probing has 2 paths). Low, for every public address is probed each day; medium from
    100 routes on.

    Slowly: 15 different routes within six hours (a line of ours). That is low.

    Why it matters: it is how somebody looks for the one route that was forgotten.

    False alarms: a client that lost its key and goes on through all that it does; a crawler.

    What to do: see whether any call from there succeeded. If so, find out why that route needs no key; if not, block
    the address at the edge if it comes back.
    """
    rows = frames["breadth"]
    rows = rows[rows["key_ref"].isna() & rows["ip"].notna() & (rows["refused_routes"] > 0)]
    rows = rows.assign(subject="ip:" + rows["ip"])
    sums = widths(rows, "refused_routes", "unauthenticated")
    over = sums[sums["wide"] >= settings.routes]
    fast = [_row(line, at(rows, str(line.subject), line.minute), settings) for line in lines(over)]
    return to_frame(one_a_bucket([*fast, *_slow(frames["probed_hours"], window, settings)]))


def _slow(rows: pd.DataFrame, window: Window, settings: Settings) -> Iterator[Scored]:
    """Of the hours that end in the window; what the hour before told of is counted there."""
    over = sliding_distinct(rows, by="ip", at="hour", value="route", span=_SPAN, least=settings.slow)
    told = {(line.ip, line.hour) for line in lines(over)}
    for line in lines(over):
        if window.since < line.hour + HOUR <= window.until:
            since = line.hour if (line.ip, line.hour - HOUR) in told else line.hour - _SPAN + HOUR
            near = rows[(rows["ip"] == line.ip) & (rows["hour"] >= since) & (rows["hour"] <= line.hour)]
            yield _slow_row(line, near, settings)


def _slow_row(line: Any, near: pd.DataFrame, settings: Settings) -> Scored:  # noqa: ANN401 (a named tuple)
    return Scored(
        bucket=moment(line.hour + HOUR - BUCKET),
        subject=f"ip:{line.ip}",
        ip=line.ip,
        severity=None,
        score=line.distinct / settings.slow,
        count=int(near["requests"].sum()),
        first_seen=moment(near["first_seen"].fillna(near["hour"]).min()),
        last_seen=moment(near["last_seen"].fillna(near["hour"]).max()),
        title=f"{{count}} calls without a key from {line.ip} on many protected routes",
        summary=f"Slowly: {line.distinct} different routes refused it within six hours.",
        detail={"routes": int(line.distinct), "refused": int(near["requests"].sum())},
    )


def _row(line: Any, near: pd.DataFrame, settings: Settings) -> Scored:  # noqa: ANN401 (a named tuple)
    now = near[near["minute"] == line.minute]
    ip = line.subject.removeprefix("ip:")
    return Scored(
        bucket=moment(line.minute),
        subject=line.subject,
        ip=ip,
        severity=Severity.MEDIUM if line.wide >= settings.medium else None,
        score=line.wide / settings.routes,
        count=int(now["unauthenticated"].sum()),
        first_seen=moment(now["first_seen"].fillna(line.minute).min()),
        last_seen=moment(now["last_seen"].fillna(line.minute).max()),
        title=f"{{count}} calls without a key from {ip} on many protected routes",
        summary=f"At its peak {line.wide} different routes refused it within ten minutes.",
        detail={"routes": int(line.wide), "refused": int(line.unauthenticated)},
    )
