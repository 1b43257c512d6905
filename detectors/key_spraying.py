"""key-spraying: see the docstring of `score`."""

from dataclasses import dataclass
from datetime import timedelta

import pandas as pd

from detectors import auth_burst_address, auth_burst_network, credential_stuffing, distributed_guessing, key_guessing
from detectors.declare import DAY, HOUR, MINUTE, Frames, detector
from detectors.scores import Scored, to_frame
from detectors.shared.bursts import Burst, bursts, calls, counting, over_the_line, recent
from detectors.shared.remember import remembered
from detectors.shared.tried import FRAMES, tried
from detectors.shared.windows import sliding_distinct
from model.finding import Severity
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Its lines."""

    keys: int = 5
    """Different keys within a span, at least half of them known."""
    failures: int = 15
    """Failed calls within the hour."""
    slow_span: timedelta = timedelta(hours=4)
    slow_failures: int = 10
    """Failed calls within `slow_span`."""
    share: float = 0.5
    """Failed calls as a share of the address's calls within the span."""


@detector(
    id="key-spraying",
    severity=Severity.HIGH,
    kind="rule",
    frames=FRAMES,
    settings=Settings,
    quiet=DAY,
    bucket=MINUTE,
    attack=("T1110.003",),
    owasp=("API2:2023",),
    controls=("CC6.1", "CC6.6", "CC7.2"),
)
def score(frames: Frames, _window: Window, settings: Settings) -> pd.DataFrame:
    """One address tries a few real keys again and again, at a pace.

    Within an hour 15 failed calls with 5 different keys from one address (Elastic's "Okta Password Spray (Single
    Source)": 5 users, 15 failures, 60 min), or 10 within four hours; half or more of the keys exist, none had
    succeeded from that network, and half of the address's calls failed. Silent where key-guessing,
    credential-stuffing or a burst (auth-burst-address, auth-burst-network) tells of the address, and for an hour
    after it; what is slower still is slow-and-low.

    Why it matters: the pace is chosen to stay below limits. Nobody's broken job has five customers' keys.

    False alarms: a test bench of your own that must be refused; a partner with several keys that were all revoked and
    who has just moved to new servers.

    What to do: block the address, look at what the keys have in common, and rotate those that are active.
    """
    minutes = tried(frames)
    lines = over(minutes, settings)
    lines = lines[~_told(minutes, lines)]
    lines = lines.assign(before=lines.groupby("ip")["minute"].shift(1))
    found = bursts(counting(minutes, "strange"), "ip", lines, settings.slow_span)
    return to_frame(_row(burst, settings) for burst in found)


@remembered
def over(minutes: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """The minutes at which an address is over a line, as `over_the_line` has them. `minutes` are `tried`."""
    hour = _over(minutes, settings, HOUR, settings.failures)
    slow = _over(minutes, settings, settings.slow_span, settings.slow_failures)
    lines = pd.concat([hour, slow]).drop_duplicates(["ip", "minute"]).sort_values(["ip", "minute"], ignore_index=True)
    return lines.assign(before=lines.groupby("ip")["minute"].shift(1))


def _over(minutes: pd.DataFrame, settings: Settings, span: timedelta, failures: int) -> pd.DataFrame:
    rows = counting(minutes, "strange")
    paced = over_the_line(rows, "ip", at_least=failures, span=span, share=settings.share).drop(columns="before")
    failed = rows[(rows["failures"] > 0) & rows["ip"].isin(set(paced["ip"]))].dropna(subset=["key_ref"])
    for name, chosen in (("keys", failed), ("known", failed[failed["known"]])):
        many = sliding_distinct(chosen, by="ip", at="minute", value="key_ref", span=span)
        many = many.rename(columns={"distinct": name}).sort_values("minute", kind="stable")
        # A minute without a key of the kind has the number of the last one that had.
        paced = pd.merge_asof(paced.sort_values("minute", kind="stable"), many, on="minute", by="ip").fillna({name: 0})
    return paced[(paced["keys"] >= settings.keys) & (paced["known"] * 2 >= paced["keys"])]


def _told(minutes: pd.DataFrame, lines: pd.DataFrame) -> "pd.Series[bool]":
    """Whether a sharper detector tells of the address at that minute, or did within the hour before."""
    sharper = [
        key_guessing.over(minutes, key_guessing.Settings()),
        credential_stuffing.over(minutes, credential_stuffing.Settings()),
        auth_burst_address.over(minutes, auth_burst_address.Settings()),
    ]
    sharper.append(distributed_guessing.taking_part(minutes, distributed_guessing.Settings()))
    told = recent(pd.concat([each[["ip", "minute"]] for each in sharper]), lines, "ip", HOUR)
    networks = minutes[["ip", "network"]].dropna().drop_duplicates("ip")
    placed = lines.merge(networks, on="ip", how="left").set_axis(lines.index)
    return told | recent(auth_burst_network.over(minutes, auth_burst_network.Settings()), placed, "network", HOUR)


def _row(burst: Burst, settings: Settings) -> Scored:
    keys = burst.failed.dropna(subset=["key_ref"])
    number, known = int(keys["key_ref"].nunique()), int(keys.loc[keys["known"], "key_ref"].nunique())
    hours = int(settings.slow_span.total_seconds() // 3600)
    failures = int(burst.failed["failures"].sum())
    return Scored(
        bucket=burst.minute,
        subject=f"ip:{burst.subject}",
        ip=burst.subject,
        score=max(1.0, failures / settings.failures),
        count=burst.new,
        first_seen=burst.first_seen,
        last_seen=burst.last_seen,
        title=f"{{count}} failed calls from {burst.subject}, paced, with several keys",
        summary=f"At its peak {calls(failures)} within {hours} hours with {number} different keys, {known} of which "
        "exist.",
        detail={"failures": failures, "keys": number, "known": known},
    )
