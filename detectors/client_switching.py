"""client-switching: see the docstring of `score`."""

import dataclasses
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import pandas as pd

from detectors.declare import DAY, HOUR, NEWCOMERS, Frames, detector
from detectors.scores import Scored, moment, to_frame
from detectors.shared.clients import product
from detectors.shared.lifetimes import identity
from detectors.shared.places import HISTORY_FRAMES, History, histories
from detectors.shared.windows import sliding_distinct
from model.finding import Severity
from model.window import Window

_SLOW: Final = timedelta(hours=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Its lines."""

    clients: int = 6
    """So many products that begin, or end, within `span`."""
    span: timedelta = timedelta(minutes=5)
    times: float = 2.0
    """And so many times as many as on any whole day before."""
    history: timedelta = timedelta(days=7)
    """For a key that is not known for so long it is low,"""
    unknown: float = 2.0
    """but for one that was made so long ago and has so many times the products."""
    slow: int = 5
    """So many products within three hours are low,"""
    slow_times: float = 3.0
    """if they are so many times as many as on any whole day before."""


@detector(
    id="client-switching",
    severity=Severity.MEDIUM,
    kind="rule",
    frames=("origin_hours", "keys", *HISTORY_FRAMES),
    by_key=("origin_hours", "network_days", "client_days", "asn_days", "country_days"),
    named_by=(NEWCOMERS,),
    settings=Settings,
    quiet=DAY,
    bucket=HOUR,
    attack=("T1036", "T1078.004"),
    owasp=("API2:2023", "API4:2023"),
    controls=("CC6.1", "CC7.2"),
)
def score(frames: Frames, _window: Window, settings: Settings) -> pd.DataFrame:
    """A key changes its client again and again within minutes.

    More than 5 different products (user agents without versions) of one key within five minutes (Azure Sentinel's
    rule for NGINX has more than 5 user agents in 5 minutes, CrowdSec's http-dos-switching-ua 10), at least twice as
    many as the key had on any whole day of the last 30. A product counts at its first and at its last call in an hour.
    Low for a key that is not a week in use, unless the inventory says that it was made a week ago and it has 12. Low,
    too, with five within three hours, three times as many as on any day before, of a key that is a week in use.

    Why it matters: who changes the user agent with every call hides from limits and rules that go by it.

    False alarms: a key in an app or a page that everybody opens, on its first days; a test of many clients.

    What to do: look at what was called. If the addresses are not the owner's, rotate the key; if they are, ask what
    runs there.
    """
    keys = identity(frames)
    rows = frames["origin_hours"].dropna(subset=["key_ref", "client"])
    rows = rows.assign(
        key=rows["key_ref"].map(keys).fillna(rows["key_ref"]),
        product=rows["client"].map(product),
        first_seen=rows["first_seen"].fillna(rows["hour"]),
        last_seen=rows["last_seen"].fillna(rows["hour"]),
    )
    wide = sliding_distinct(
        rows, by="key", at="hour", value="product", span=_SLOW, least=min(settings.slow, settings.clients)
    )
    past = histories(frames)
    rows = rows.merge(wide, on=["key", "hour"])
    made = frames["keys"].set_index("key_id")["created_at"].dropna()
    found = []
    for (key, _), hour in rows.groupby(["key", "hour"]):
        known = past.of(str(key), hour["hour"].iloc[0].floor("D"))
        at_once, lately = _at_once(hour, settings.span), int(hour["distinct"].iloc[0])
        if at_once >= max(settings.clients, settings.times * known.most_clients):
            old = str(key) in made.index and hour["hour"].iloc[0] - made[str(key)] >= settings.history
            sure = known.age >= settings.history or (old and at_once >= settings.unknown * settings.clients)
            found.append(_row(hour, at_once, known, settings, sure=sure))
        elif known.age >= settings.history and lately >= max(settings.slow, settings.slow_times * known.most_clients):
            found.append(_slow(_row(hour, at_once, known, settings, sure=False), lately, known))
    return to_frame(found)


def _slow(row: Scored, lately: int, known: History) -> Scored:
    """The same, told by what three hours have."""
    return dataclasses.replace(
        row,
        score=1.0,
        title=f"Key {{key}} is used with {lately} different clients within three hours",
        summary=f"No day before had more than {known.most_clients}.",
    )


def _at_once(hour: pd.DataFrame, span: timedelta) -> int:
    """The most products that have a first or a last call within one span."""
    # Moments to the minute: five of them hold nothing that is further apart than five minutes.
    ends = pd.concat([hour[["key", "product", end]].rename(columns={end: "at"}) for end in ("first_seen", "last_seen")])
    ends = ends.assign(at=ends["at"].dt.floor("min"))
    return int(sliding_distinct(ends, by="key", at="at", value="product", span=span)["distinct"].max())


def _row(hour: pd.DataFrame, at_once: int, known: History, settings: Settings, *, sure: bool) -> Scored:
    products = sorted(set(hour["product"]))
    top = hour.sort_values(["requests", "key_ref", "ip"]).iloc[-1]
    return Scored(
        bucket=moment(top["hour"]),
        subject=f"key:{top['key_ref']}",
        key_ref=str(top["key_ref"]),
        ip=None if pd.isna(top["ip"]) else str(top["ip"]),
        severity=None if sure else Severity.LOW,
        score=max(1.0, at_once / settings.clients),
        count=int(hour["requests"].sum()),
        first_seen=moment(hour["first_seen"].min()),
        last_seen=moment(hour["last_seen"].max()),
        title=f"Key {{key}} is used with {at_once} different clients within minutes",
        summary=f"Of {len(products)} clients in the hour, {at_once} came within five minutes "
        f"({', '.join(products[:5])} …); no day before had more than {known.most_clients}.",
        detail={"clients": products[:20], "at_once": at_once, "most": known.most_clients},
    )
