"""revoked-or-expired-key-used: see the docstring of `score`."""

from dataclasses import dataclass
from datetime import timedelta

import pandas as pd

from detectors.declare import DAY, HOUR, NEWCOMERS, Frames, detector
from detectors.scores import Scored, to_frame
from detectors.shared.afterlife import WHERE, Use, uses
from detectors.shared.lifetimes import dead_refs
from model.finding import Severity
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How long after its end a key may still be tried."""

    revoked_grace: timedelta = timedelta(minutes=10)
    expired_grace: timedelta = timedelta(hours=1)
    skew: timedelta = timedelta(minutes=5)
    """How far clocks may differ: a success is judged from so long after the end."""
    history: timedelta = timedelta(days=7)
    """How long the telemetry must have watched to say that a place is new."""
    tries: int = 10
    """So many in an hour from where none of the owner's keys lives are high."""


@detector(
    id="revoked-or-expired-key-used",
    severity=Severity.LOW,
    kind="rule",
    frames=("origin_hours", "network_days", "client_days", "asn_days", "country_days", "keys", "key_refs", "telemetry"),
    by_key=("origin_hours", "network_days", "client_days", "asn_days", "country_days"),
    named_by=(NEWCOMERS,),
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
    grace of 10 minutes (revoked) or an hour (expired). A network of the owner's other keys or of two other keys is not
    new, and a key that was used from everywhere has none that is. Of a key that was not seen for a month its owner's
    other keys say where it belongs: ten tries in an hour from elsewhere are high, others medium, once a week has been
    watched. A success later than the end plus 5 minutes is
    critical. A status without a date counts from when a pull first saw it; if none saw another, for all earlier time,
    and the finding says so: a success before the inventory was pulled is then medium if the key had been used on an
    earlier day, for it may have lived until later.

    Why it matters: a success means that revoking did not work and the key still opens the door. A try from a new
    place means that somebody else has the old key; from the usual place, that a forgotten job still depends on it.

    False alarms: an inventory that is wrong about the date, or newer than the log and without one.

    What to do: on a success, close the key at the gateway now, and find out why it still worked. On tries from a
    new network, find out where the key leaked, and check the keys that lay beside it. On tries from the usual
    place, tell the owner.
    """
    grace = {"revoked": settings.revoked_grace, "expired": settings.expired_grace}
    dead = dead_refs(frames)
    found = uses(frames, dead, grace=grace, skew=settings.skew, history=settings.history)
    return to_frame(_row(use, settings) for use in found)


def _row(use: Use, settings: Settings) -> Scored:
    ended = f"on {use.dead_at:%Y-%m-%d %H:%M} UTC" if use.dated else "at a time the inventory does not say"
    note = "" if use.dated else " The status is undated and counts for all earlier time too."
    verb = "succeeded" if use.won else "was tried"
    return Scored(
        bucket=use.hour,
        subject=f"key:{use.key_ref}",
        key_ref=use.key_ref,
        key_id=use.key_id,
        ip=use.ip,
        severity=_severity(use, settings.tries),
        score=1.0 + min(use.won + use.tried, 1000) / 1000,
        count=use.won or use.tried,
        first_seen=use.first,
        last_seen=use.last,
        title=f"The {use.state} key {{key}} {verb}: {{count}} calls" + (f" from {use.ip}" if use.ip else ""),
        summary=f"The key {{key}} was {use.state} {ended}, and {verb} {WHERE[use.place]}.{note}",
        detail={"state": use.state, "dated": use.dated, "succeeded": use.won, "failed": use.tried},
    )


def _severity(use: Use, tries: int) -> Severity:
    if use.won:
        # What had not been used from anywhere before had not been alive, as far as anybody knows.
        return Severity.CRITICAL if use.surely or use.place in {"unknown", "foreign"} else Severity.MEDIUM
    if use.place in {"unknown", "foreign"}:
        # A forgotten job would have been seen in a week of watching; somebody out of nowhere is something else.
        grave = use.place == "foreign" and use.tried >= tries
        return Severity.LOW if not use.watched else Severity.HIGH if grave else Severity.MEDIUM
    return Severity.HIGH if use.place == "new" else Severity.LOW
