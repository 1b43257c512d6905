"""no-credential-probing: see the docstring of `score`."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pandas as pd

from detectors.declare import Frames, detector
from detectors.scores import Scored, moment, to_frame
from detectors.shared.breadths import BUCKET, at, lines, widths
from model.finding import Severity
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Its lines."""

    routes: int = 10
    """Different routes that refused it, within ten minutes."""
    medium: int = 100
    """So many are medium: somebody has a list of this API."""


@detector(
    id="no-credential-probing",
    severity=Severity.LOW,
    kind="rule",
    frames=("breadth", "key_refs"),
    settings=Settings,
    quiet=timedelta(hours=6),
    bucket=BUCKET,
    attack=("T1595.002", "T1595.003"),
    owasp=("API2:2023", "API9:2023"),
    controls=("CC6.6", "CC7.2"),
)
def score(frames: Frames, _window: Window, settings: Settings) -> pd.DataFrame:
    """An address tries many protected routes without any key.

    Calls without a credential that were answered 401 on at least 10 different routes within ten minutes, by address
    (CrowdSec's http-admin-interface-probing has 2 paths). Low, for every public address is probed each day; medium from
    100 routes on.

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
    return to_frame(_row(line, at(rows, str(line.subject), line.minute), settings) for line in lines(over))


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
