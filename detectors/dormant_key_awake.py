"""dormant-key-awake: see the docstring of `score`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pandas as pd

from detectors.declare import DAY, HOUR, NEWCOMERS, Frames, detector
from detectors.scores import Scored, moment, to_frame
from detectors.shared.calls import calls_of, many
from detectors.shared.lifetimes import identity
from detectors.shared.places import Histories, histories
from detectors.shared.rest import Rest, rests
from model.finding import Severity
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """When a key counts as dormant."""

    idle: timedelta = timedelta(days=30)
    """At least so long without a success,"""
    times: float = 5.0
    """and so many times its usual gap between days of use,"""
    unknown: timedelta = timedelta(days=31, hours=6)
    """or at least so long (a monthly job rests for 31) when it has no usual gap: it was used on one day, or before the
    log began."""
    unseen: timedelta = timedelta(days=14)
    """So long without a call in a log that is younger than the key: low until that is `unknown`."""


@detector(
    id="dormant-key-awake",
    severity=Severity.MEDIUM,
    kind="rule",
    frames=(
        "origin_hours",
        "key_days",
        "rested_networks",
        "network_days",
        "client_days",
        "asn_days",
        "country_days",
        "keys",
        "key_refs",
        "telemetry",
    ),
    by_key=("origin_hours", "key_days", "rested_networks", "network_days", "client_days", "asn_days", "country_days"),
    named_by=(NEWCOMERS,),
    settings=Settings,
    quiet=DAY,
    bucket=HOUR,
    attack=("T1078",),
    owasp=("API2:2023",),
    controls=("CC6.1", "CC6.2", "CC7.2"),
)
def score(frames: Frames, _window: Window, settings: Settings) -> pd.DataFrame:
    """A key that slept for weeks is used again.

    A success after 30 days without one that are 5 times the key's usual gap too (Cortex XDR calls a user dormant after
    30 days; the gap is so large that a monthly job is none). A key with a single day of use has no usual gap: 31 and a
    quarter. Medium; high from a network that neither the key nor its owner was seen in. A key that was never used
    before is low, and medium from a network that is foreign to its owner. So is one that is older than the log and was
    not in it for 14 days. What the inventory says of an earlier use counts when it is before the day.

    Why it matters: nobody watches a key that nobody uses, so it is the one to steal.

    False alarms: jobs of the quarter and the year; a project that is taken up again.

    What to do: ask the owner. If the use is not theirs, revoke the key and list what it did since it woke.
    """
    keys = identity(frames)
    used = frames["origin_hours"].dropna(subset=["key_ref"])
    # Without network and client nothing tells a key that is used every day from one that never was.
    used = used[(used["ok"] > 0) & (used["network"].notna() | used["client"].notna())]
    used = used.assign(key=used["key_ref"].map(keys).fillna(used["key_ref"]), day=used["hour"].dt.floor("D"))
    slept = rests(
        frames,
        keys,
        used[["key", "day"]].drop_duplicates(),
        least=min(settings.idle, settings.unknown, settings.unseen),
    )
    slept = {place: rest for place, rest in slept.items() if _long_enough(rest, settings)}
    if not slept:
        return to_frame([])
    past = histories(frames)
    mine = pd.Series(list(zip(used["key"], used["day"], strict=True)), index=used.index).isin(slept)
    rows: list[Scored] = []
    for place, calls in used[mine].groupby(["key", "day"]):
        rest: Any = place
        rows.extend(_rows(calls, slept[rest], past, settings))
    return to_frame(rows)


def _long_enough(rest: Rest, settings: Settings) -> bool:
    if rest.last is None and not rest.never:
        return rest.idle >= settings.unseen
    usual = timedelta(days=settings.times * rest.gap) if rest.gap else settings.unknown
    return rest.idle >= max(settings.idle, usual)


def _rows(today: pd.DataFrame, rest: Rest, past: Histories, settings: Settings) -> Iterator[Scored]:
    """One row for each hour of the day on which it woke."""
    for _, calls in today.groupby("hour"):
        key, day = str(calls["key"].iloc[0]), calls["day"].iloc[0]
        strange = [
            network
            for network in sorted(calls["network"].dropna().unique())
            if network not in rest.networks
            and not past.of_owner(key, network, day)
            and past.of_others(key, network, day) < 2  # noqa: PLR2004 (as in new-origin: a place of many)
        ]
        hardly = rest.never or (rest.last is None and rest.idle < settings.unknown)
        yield _row(calls, rest, strange, owner_known=past.has_places(key, day), hardly=hardly)


def _row(calls: pd.DataFrame, rest: Rest, strange: list[str], *, owner_known: bool, hardly: bool) -> Scored:
    sums = calls_of(calls)
    lead: Any = calls.sort_values(["ok", "key_ref"]).iloc[-1]
    severity = _severity(rest, strange, owner_known=owner_known, hardly=hardly)
    slept = f"{rest.idle.days} days" if rest.last else f"at least {rest.idle.days} days"
    verb = "used for the first time" if rest.never else "in use again"
    usual = f" Its usual gap is {many(round(rest.gap), 'day')}." if rest.gap else ""
    before = f"Its last use was on {rest.last:%Y-%m-%d}." if rest.last else "No earlier use is known."
    return Scored(
        bucket=moment(lead["hour"]),
        subject=f"key:{lead['key_ref']}",
        key_ref=str(lead["key_ref"]),
        ip=sums.ip,
        severity=severity,
        score=1.0 + min(rest.idle / timedelta(days=365), 1.0),
        count=sums.ok,
        first_seen=sums.first,
        last_seen=sums.last,
        title=f"Key {{key}} is {verb} after {slept}: {{count}} calls" + (f" from {sums.ip}" if sums.ip else ""),
        summary=f"{before}{usual} It calls from {'a network new to it' if strange else 'a known network'}.",
        detail={"idle_days": rest.idle.days, "new_networks": strange[:10], "usual_gap_days": rest.gap}
        | ({"attacker": sums.ip} if severity == Severity.HIGH and sums.ip else {}),
    )


def _severity(rest: Rest, strange: list[str], *, owner_known: bool, hardly: bool) -> Severity:
    """`hardly` says that little is known of its sleep: it was never used, or the log is young."""
    if hardly:
        return Severity.MEDIUM if strange and owner_known else Severity.LOW
    if strange:
        # Without a network that is known of it, nothing says that this one is foreign.
        return Severity.HIGH if rest.networks or owner_known else Severity.MEDIUM
    return Severity.MEDIUM
