"""revoked-or-expired-key-used: see the docstring of `score`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pandas as pd

from detectors.declare import DAY, HOUR, Frames, detector
from detectors.lifetimes import dead_refs
from detectors.scores import Scored, moment, to_frame
from model.finding import Severity
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How long after its end a key may still be tried."""

    revoked_grace: timedelta = timedelta(minutes=10)
    expired_grace: timedelta = timedelta(hours=24)
    skew: timedelta = timedelta(minutes=5)
    """How far clocks may differ: a success is judged from so long after the end."""
    history: timedelta = timedelta(days=7)
    """How long the telemetry must have watched to say that a place is new."""


@detector(
    id="revoked-or-expired-key-used",
    severity=Severity.LOW,
    kind="rule",
    frames=("origin_hours", "network_days", "keys", "key_refs", "telemetry"),
    settings=Settings,
    quiet=DAY,
    bucket=HOUR,
    attack=("T1078.004", "T1550.001"),
    owasp=("API2:2023",),
    controls=("CC6.1", "CC6.2", "CC6.3"),
)
def score(frames: Frames, _window: Window, settings: Settings) -> pd.DataFrame:
    """A revoked or expired key is used.

    A key that the inventory has ended is tried: low from where it was used before, high from a new network, after a
    grace of 10 minutes (revoked) or 24 hours (expired). A success later than the end plus 5 minutes is critical. A
    status without a date counts for all earlier time, and the finding says so; a success before the inventory was
    pulled is then medium, for the key may have lived, unless it comes after a week in which the key was not used.

    Why it matters: a success means that revoking did not work and the key still opens the door. A try from a new
    place means that somebody else has the old key; from the usual place, that a forgotten job still depends on it.

    False alarms: an inventory that is wrong about the date, or newer than the log and without one.

    What to do: on a success, close the key at the gateway now, and find out why it still worked. On tries from a
    new network, find out where the key leaked, and check the keys that lay beside it. On tries from the usual
    place, tell the owner.
    """
    used = _dead_use(frames, settings)
    first = _places(frames)
    used = used.merge(frames["keys"][["key_id", "pulled_at"]], on="key_id", how="left")
    used = used.assign(surely=used["dated"] | (used["first"] >= used["pulled_at"]))
    begun = frames["telemetry"]["since"].min()
    groups = used.sort_values(["hour", "ip"]).groupby(["key_ref", "hour"])
    return to_frame(row for _, group in groups for row in _row(group, first, begun, settings))


def _dead_use(frames: Frames, settings: Settings) -> pd.DataFrame:
    """origin_hours of keys after their end, with key_id, dead_at, state, dated, won (successes), tried (failures).

    An hour that began before the end counts for its failures only: its successes may have been before.
    """
    rows = frames["origin_hours"].merge(dead_refs(frames), on="key_ref")
    first = rows["first_seen"].fillna(rows["hour"])
    last = rows["last_seen"].fillna(rows["hour"])
    grace = rows["state"].map({"revoked": settings.revoked_grace, "expired": settings.expired_grace})
    won = rows["ok"].where(first > rows["dead_at"] + settings.skew, 0)
    failed = rows["unauthenticated"] + rows["forbidden"]
    tried = failed.where(last > rows["dead_at"] + grace, 0)
    rows = rows.assign(won=won, tried=tried, first=first, last=last)
    used: pd.DataFrame = rows[(rows["won"] > 0) | (rows["tried"] > 0)]
    return used


def _places(frames: Frames) -> pd.DataFrame:
    """The first day of each key and network: key_ref, network, day."""
    return frames["network_days"].groupby(["key_ref", "network"], as_index=False).agg(day=("day", "min"))


def _row(group: pd.DataFrame, places: pd.DataFrame, begun: pd.Timestamp, settings: Settings) -> Iterator[Scored]:
    won, tried = int(group["won"].sum()), int(group["tried"].sum())
    lead = group.sort_values(["won", "tried", "ip"]).iloc[-1]
    key_ref, day = str(lead["key_ref"]), lead["hour"].floor("D")
    mine = places[(places["key_ref"] == key_ref) & (places["day"] < day)]
    new = not group["network"].isin(set(mine["network"])).all()
    watched = not pd.isna(begun) and day - begun >= settings.history
    severity, where = _judge(won, known=not mine.empty, new=new, watched=watched)
    if won and not lead["surely"] and (not watched or not mine.empty):
        severity = Severity.MEDIUM
    ended = f"on {lead['dead_at']:%Y-%m-%d %H:%M} UTC" if lead["dated"] else "at a time the inventory does not say"
    note = "" if lead["dated"] else " The status is undated and counts for all earlier time too."
    verb = "succeeded" if won else "was tried"
    ip = None if pd.isna(lead["ip"]) else str(lead["ip"])
    yield Scored(
        bucket=moment(lead["hour"]),
        subject=f"key:{key_ref}",
        key_ref=key_ref,
        key_id=str(lead["key_id"]),
        ip=ip,
        severity=severity,
        score=1.0 + min(won + tried, 1000) / 1000,
        count=won or tried,
        first_seen=moment(group["first"].min()),
        last_seen=moment(group["last"].max()),
        title=f"The {lead['state']} key {{key}} {verb}: {{count}} calls" + (f" from {ip}" if ip else ""),
        summary=f"The key {{key}} was {lead['state']} {ended}, and {verb} {where}.{note}",
        detail={"state": str(lead["state"]), "dated": bool(lead["dated"]), "succeeded": won, "failed": tried},
    )


def _judge(won: int, *, known: bool, new: bool, watched: bool) -> tuple[Severity, str]:
    """The severity, and where the calls came from."""
    if not known:
        where = "from a place of which nothing is known"
        # A forgotten job would have been seen in a week of watching; somebody out of nowhere is something else.
        severity = Severity.MEDIUM if watched else Severity.LOW
    else:
        where = "from a network it was not used from before" if new else "from where it was used before"
        severity = Severity.HIGH if new else Severity.LOW
    return (Severity.CRITICAL if won else severity), where
