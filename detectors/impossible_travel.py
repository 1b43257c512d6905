"""impossible-travel: see the docstring of `score`."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pandas as pd

from detectors.declare import DAY, HOUR, NEWCOMERS, Frames, detector
from detectors.scores import Scored, moment, to_frame
from detectors.shared.countries import apart
from detectors.shared.lifetimes import identity
from detectors.shared.places import HISTORY_FRAMES, histories
from model.finding import Severity
from model.window import Window

_ELSEWHERE = re.compile(
    r"^AS(?:16509|14618|8987|15169|396982|8075|14061|16276|24940|63949|20473|31898|45102|37963|132203|13335|54113|20940|"
    r"36183|9009|60068|212238|14593|62041|51167|197540|12876|60781)\b",
    re.IGNORECASE,
)
"""Operators whose addresses say little of where somebody is: clouds and hosts (Amazon, Google, Microsoft, DigitalOcean,
OVH, Hetzner, Akamai, Vultr, Oracle, Alibaba, Tencent, Contabo, netcup, Scaleway, Leaseweb), networks of relays and VPNs
(Cloudflare, Fastly, Akamai for Private Relay, M247, Datacamp), satellites (Starlink). As their registries name them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Its lines, and how well a key must be known."""

    kilometres: float = 500.0
    """How far apart the two countries must be at the least."""
    speed: float = 900.0
    """Kilometres an hour that nobody travels faster than."""
    history: timedelta = timedelta(days=7)
    """How long the key must have been in use, in one country."""
    requests: int = 50
    """How many calls it must have made."""


@detector(
    id="impossible-travel",
    severity=Severity.HIGH,
    kind="rule",
    frames=("origin_hours", *HISTORY_FRAMES),
    by_key=("origin_hours", "network_days", "client_days", "asn_days", "country_days"),
    named_by=(NEWCOMERS,),
    settings=Settings,
    quiet=DAY,
    bucket=HOUR,
    attack=("T1078.004",),
    owasp=("API2:2023",),
    controls=("CC6.1", "CC6.6", "CC7.2"),
)
def score(frames: Frames, _window: Window, settings: Settings) -> pd.DataFrame:
    """A key that lives in one country is used from two that are too far apart for the time between.

    Successful calls from another country at least 500 km away, sooner than at 900 km/h (Panther's ImpossibleTravel has
    900 km/h, Elastic's Entra rule 500 km and 800 km/h), within a day. Only for keys that were in one country for the
    last 30 days, 7 of them at the least, and only where a GeoIP file gives countries. The distance is that of the
    nearest principal places of both countries less 800 km, so neighbours never fire. Calls from clouds, VPNs, relays
    and satellites are left out where their operator is known, for they say nothing of where somebody is.

    Why it matters: one key cannot be in two places; somebody else has it.

    False alarms: a GeoIP file that is wrong about an address; a company's traffic that leaves through another country
    for an hour; a failover to another region by an operator that the list does not know.

    What to do: ask the owner whether both places are theirs. If not, rotate the key, and list what was called from the
    farther one.
    """
    keys = identity(frames)
    rows = frames["origin_hours"].dropna(subset=["key_ref", "country"])
    rows = rows[(rows["ok"] > 0) & ~rows["asn"].fillna("").str.match(_ELSEWHERE)]
    rows = rows.assign(
        key=rows["key_ref"].map(keys).fillna(rows["key_ref"]),
        day=rows["hour"].dt.floor("D"),
        first_seen=rows["first_seen"].fillna(rows["hour"]),
        last_seen=rows["last_seen"].fillna(rows["hour"]),
    )
    several = rows.groupby("key")["country"].nunique()
    rows = rows[rows["key"].isin(several.index[several > 1])]
    past = histories(frames)
    found = []
    for (key, _), today in rows.groupby(["key", "day"]):
        day = today["day"].iloc[0]
        known = past.of(str(key), day)
        if len(known.countries) == 1 and known.age >= settings.history and known.requests >= settings.requests:
            home = next(iter(known.countries))
            mine = rows[(rows["key"] == key) & (rows["hour"] >= day - DAY)]
            found += [
                _row(calls, home, *journey)
                for _, calls in today[today["country"] != home].groupby("hour")
                if (journey := _journey(calls, mine[mine["country"] == home], settings)) is not None
            ]
    return to_frame(found)


def _journey(away: pd.DataFrame, home: pd.DataFrame, settings: Settings) -> tuple[pd.Series, float, float] | None:
    """The row of `away` (one hour) that is hardest to reach, the kilometres and the hours; None without any.

    Only what is at home by the end of that hour counts: what comes later is judged in its own hour.
    """
    hardest: tuple[pd.Series, float, float] | None = None
    for _, there in away.sort_values(["country", "ip"]).iterrows():
        far = apart(str(home["country"].iloc[0]), str(there["country"])) if len(home) else None
        if far is None or far < settings.kilometres:
            continue
        hours = _between(there, home[home["hour"] <= there["hour"]])
        if hours is not None and far > settings.speed * hours and (hardest is None or far > hardest[1]):
            hardest = there, far, hours
    return hardest


def _between(there: "pd.Series[Any]", home: pd.DataFrame) -> float | None:
    """The hours from the last call at home before to the first there, or back; 0 where they overlap."""
    if home.empty:
        return None
    to = (there["first_seen"] - home["last_seen"]).dt.total_seconds()
    back = (home["first_seen"] - there["last_seen"]).dt.total_seconds()
    return float(pd.concat([to, back], axis=1).max(axis=1).clip(lower=0).min()) / HOUR.total_seconds()


def _row(calls: pd.DataFrame, home: str, there: "pd.Series[Any]", far: float, hours: float) -> Scored:
    key_ref, country = str(there["key_ref"]), str(there["country"])
    count = int(calls.loc[calls["country"] == country, "ok"].sum())
    return Scored(
        bucket=moment(there["hour"]),
        subject=f"key:{key_ref}",
        key_ref=key_ref,
        ip=None if pd.isna(there["ip"]) else str(there["ip"]),
        score=1.0 + min(far, 20_000) / 20_000,
        count=count,
        first_seen=moment(there["first_seen"]),
        last_seen=moment(there["last_seen"]),
        title=f"Key {{key}} is used from {home} and {country} at once: {{count}} calls from {country}",
        summary=f"At least {far:,.0f} km apart within {hours * 60:,.0f} minutes; for 30 days it was only in {home}.",
        detail={"home": home, "country": country, "kilometres": round(far), "hours": round(hours, 2)},
    )
