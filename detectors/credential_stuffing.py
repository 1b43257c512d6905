"""credential-stuffing: see the docstring of `score`."""

from dataclasses import dataclass
from datetime import timedelta

import pandas as pd

from detectors import distributed_guessing
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
    """Its line."""

    keys: int = 8
    """Different keys within `span`, at least half of them known."""
    span: timedelta = timedelta(minutes=15)
    tries: float = 3.0
    """At most so many failed calls a key, on average."""
    share: float = 0.5
    """Failed calls as a share of the address's calls within `span`."""


@detector(
    id="credential-stuffing",
    severity=Severity.HIGH,
    kind="rule",
    frames=FRAMES,
    settings=Settings,
    quiet=DAY,
    bucket=MINUTE,
    attack=("T1110.004",),
    owasp=("API2:2023",),
    controls=("CC6.1", "CC6.6", "CC7.2"),
)
def score(frames: Frames, _window: Window, settings: Settings) -> pd.DataFrame:
    """One address tries a list of real keys.

    Within 15 minutes 8 different keys failed from one address, with three tries a key at most; half or more of them
    exist, and none had succeeded from that network. Elastic's "Okta Credential Stuffing (Single Source)" has 15 users
    and 25 failures in 15 minutes with two tries each, for people who mistype; a program does not mistype a key. More
    tries a key from the start are auth-burst-address or key-spraying, mostly unknown keys are key-guessing, and each
    of these is silent where this tells. Silent for the small parts of a cluster (distributed-guessing).

    Why it matters: somebody has a list of your customers' keys, and looks which of them still work. Even if none did,
    the list has leaked from somewhere.

    False alarms: a partner who moves a whole set of keys to new servers before their permissions do.

    What to do: block the address. Find out what the tried keys have in common (an owner, a repository, a backup), and
    rotate those that are active.
    """
    minutes = tried(frames)
    cluster = distributed_guessing.taking_part(minutes, distributed_guessing.Settings())
    lines = over(minutes, settings)
    lines = lines[~recent(cluster, lines, "ip", HOUR)]
    found = bursts(counting(minutes, "strange"), "ip", lines, settings.span)
    return to_frame(_row(burst, settings) for burst in found)


@remembered
def over(minutes: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """The minutes at which an address is over the line, as `over_the_line` has them. `minutes` are `tried`."""
    rows = counting(minutes, "strange")
    paced = over_the_line(rows, "ip", at_least=settings.keys, span=settings.span, share=settings.share)
    failed = rows[(rows["failures"] > 0) & rows["ip"].isin(set(paced["ip"]))]
    lines = paced.drop(columns="before")
    for name, chosen in (("keys", failed), ("known", failed[failed["known"]])):
        many = sliding_distinct(
            chosen.dropna(subset=["key_ref"]), by="ip", at="minute", value="key_ref", span=settings.span
        )
        many = many.rename(columns={"distinct": name}).sort_values("minute", kind="stable")
        # A minute without a key of the kind has the number of the last one that had.
        lines = pd.merge_asof(lines.sort_values("minute", kind="stable"), many, on="minute", by="ip").fillna({name: 0})
    lines = lines[(lines["keys"] >= settings.keys) & (lines["known"] * 2 >= lines["keys"])]
    return _and_after(rows, lines[lines["failures"] <= settings.tries * lines["keys"]], settings)


def _and_after(rows: pd.DataFrame, lines: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """The lines, and the minutes within an hour after one in which its address went on to fail, however often a key."""
    if lines.empty:
        return lines.assign(before=lines["minute"])
    rows = rows[rows["ip"].isin(lines["ip"].unique())]
    more = over_the_line(rows, "ip", at_least=1, span=settings.span, share=0)
    more = more[recent(lines, more, "ip", HOUR)].sort_values(["ip", "minute"], ignore_index=True)
    return more.assign(before=more.groupby("ip")["minute"].shift(1))


def _row(burst: Burst, settings: Settings) -> Scored:
    keys = burst.failed.dropna(subset=["key_ref"])
    number, known = int(keys["key_ref"].nunique()), int(keys.loc[keys["known"], "key_ref"].nunique())
    minutes = int(settings.span.total_seconds() // 60)
    return Scored(
        bucket=burst.minute,
        subject=f"ip:{burst.subject}",
        ip=burst.subject,
        score=number / settings.keys,
        count=burst.new,
        first_seen=burst.first_seen,
        last_seen=burst.last_seen,
        title=f"{{count}} failed calls from {burst.subject} with a list of keys",
        summary=f"At its peak {calls(burst.failures)} within {minutes} minutes with {number} different keys, {known} "
        "of which exist.",
        detail={"failures": burst.failures, "keys": number, "known": known},
    )
