"""inactive-key-used: see the docstring of `score`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import pandas as pd

from detectors.declare import DAY, HOUR, NEWCOMERS, Frames, detector
from detectors.scores import Scored, to_frame
from detectors.shared.afterlife import WHERE, Use, uses
from detectors.shared.lifetimes import ALWAYS, deaths
from model.finding import Severity
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How long after it was switched off a key may still be tried."""

    grace: timedelta = timedelta(hours=24)
    skew: timedelta = timedelta(minutes=5)
    """How far clocks may differ: a success is judged from so long after the end."""
    history: timedelta = timedelta(days=7)
    """How long the telemetry must have watched to say that nothing is known of a place."""


@detector(
    id="inactive-key-used",
    severity=Severity.LOW,
    kind="rule",
    frames=("origin_hours", "network_days", "client_days", "asn_days", "country_days", "keys", "key_refs", "telemetry"),
    by_key=("origin_hours", "network_days", "client_days", "asn_days", "country_days"),
    named_by=(NEWCOMERS,),
    settings=Settings,
    quiet=DAY,
    bucket=HOUR,
    attack=("T1078.004",),
    owasp=("API2:2023",),
    controls=("CC6.1", "CC6.2", "CC6.3"),
)
def score(frames: Frames, _window: Window, settings: Settings) -> pd.DataFrame:
    """A key that was switched off is used.

    A key that the inventory calls inactive, or no longer lists, succeeds: high when a pull had seen it so before the
    call, low when the inventory is newer than the call or says no time, for it may have been active then. Tries that
    fail are medium from a new network and low otherwise, after a grace of 24 hours.

    Why it matters: whoever switched it off believes that it opens nothing.

    False alarms: a key that was switched on again and an inventory that was not pulled since.

    What to do: pull the inventory again. If the key is still off there, close it at the gateway, and ask the owner who
    uses it.
    """
    ends = dict(zip(frames["keys"]["key_id"], deaths(frames["keys"])["dead_at"], strict=True))
    found = uses(
        frames,
        _switched_off(frames),
        grace=dict.fromkeys(_WORDS, settings.grace),
        skew=settings.skew,
        history=settings.history,
    )
    return to_frame(_row(use) for use in found if not _ended(use, ends))


def _ended(use: Use, ends: Mapping[str, pd.Timestamp]) -> bool:
    """Whether the key was revoked or had expired by then: revoked-or-expired-key-used tells of that."""
    return use.key_id in ends and pd.Timestamp(use.first) > ends[use.key_id]


_WORDS = {"inactive": "inactive", "removed": "no longer in the inventory"}


def _switched_off(frames: Frames) -> pd.DataFrame:
    """As `lifetimes.dead_refs`, of keys that are inactive or removed."""
    keys = frames["keys"]
    off = keys[keys["status"].isin(list(_WORDS))].dropna(subset=["key_id"])
    off = off.assign(dead_at=off["status_since"].fillna(ALWAYS), state=off["status"], dated=off["status_since"].notna())
    refs = frames["key_refs"][["key_ref", "key_id"]].dropna()
    return refs.merge(off[["key_id", "dead_at", "state", "dated"]], on="key_id").reset_index(drop=True)


def _row(use: Use) -> Scored:
    since = f"since {use.dead_at:%Y-%m-%d %H:%M} UTC at the latest" if use.dated else "since a time it does not say"
    verb = "succeeded" if use.won else "was tried"
    note = "" if use.surely else " It may have been active at the time of these calls."
    return Scored(
        bucket=use.hour,
        subject=f"key:{use.key_ref}",
        key_ref=use.key_ref,
        key_id=use.key_id,
        ip=use.ip,
        severity=_severity(use),
        score=1.0 + min(use.won + use.tried, 1000) / 1000,
        count=use.won or use.tried,
        first_seen=use.first,
        last_seen=use.last,
        title=f"The {use.state} key {{key}} {verb}: {{count}} calls" + (f" from {use.ip}" if use.ip else ""),
        summary=f"The key {{key}} is {_WORDS[use.state]} {since}, and {verb} {WHERE[use.place]}.{note}",
        detail={"state": use.state, "dated": use.dated, "succeeded": use.won, "failed": use.tried},
    )


def _severity(use: Use) -> Severity:
    if not use.surely:
        return Severity.LOW
    if use.won:
        return Severity.HIGH
    return Severity.MEDIUM if use.place == "new" else Severity.LOW
