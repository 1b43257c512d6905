"""auth-burst-key: see the docstring of `score`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from detectors import auth_burst_network
from detectors.declare import DAY, HOUR, MINUTE, Frames, detector
from detectors.scores import Scored, one_a_bucket, to_frame
from detectors.shared.bursts import Burst, bursts, counting, listed, over_the_line, recent, top
from detectors.shared.lifetimes import dead_refs, known_refs
from detectors.shared.remember import remembered
from detectors.shared.tried import FRAMES, tried
from detectors.shared.windows import sliding_distinct
from model.finding import Severity
from model.window import Window

_LIST = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Its line."""

    failures: int = 10
    """Failed calls within `span`."""
    span: timedelta = timedelta(minutes=5)
    share: float = 0.5
    """Failed calls as a share of the key's calls within `span`, of those from the same kind of place."""
    paced: int = 20
    """Failed calls within an hour, at a pace that `span` does not see."""
    at_home: int = 30
    """Failed calls within `span` at the key's usual places that make its owner's trouble worth a look today."""
    others: int = 3
    """So many other keys that fail at their usual places in the same network make it that network's trouble."""
    networks: int = 5
    """From so many networks it is distributed-guessing's."""
    keys: int = 5
    """An address that fails with so many keys within 15 minutes is told by its own detectors."""


@detector(
    id="auth-burst-key",
    severity=Severity.HIGH,
    kind="rule",
    frames=(*FRAMES, "keys"),
    settings=Settings,
    quiet=DAY,
    bucket=MINUTE,
    attack=("T1110.001",),
    owasp=("API2:2023",),
    controls=("CC6.1", "CC7.2"),
)
def score(frames: Frames, _window: Window, settings: Settings) -> pd.DataFrame:
    """Burst of failed calls with one key.

    At least 10 calls answered 401 or 403 within five minutes (sliding by minutes) that are at least half of the
    key's calls from there. The line is Elastic's "GKE API Request Failure Burst" (10 in 5 min); Panther's
    BruteForceByUser has 20 in 60, which is medium here. Calls from networks where the key had succeeded within 29 days
    are counted apart from the others, so that an attack does not drown in the owner's own traffic.

    A burst from elsewhere is high; of a key that the inventory does not list it is medium, for guessers do not repeat
    one wrong key, and low at a network that keys succeed from: somebody mistyped it. At the usual places it is medium
    from 30 failures within five minutes, for the owner is in trouble, and low below, or when three other keys of that
    network fail too; while the whole platform refuses everybody it is silent (platform-failures), and low for a key
    that came to one new address just then. A key that is revoked or
    expired is low: revoked-or-expired-key-used tells where it comes from.

    Why it matters: somebody tries a key that the service does not accept, or tries what the key may not do. A key
    that worked until now and suddenly fails in bulk is being guessed at, abused, or was just cut off.

    False alarms: a job that was left behind after a rotation, a key whose permissions changed, an owner's new server.

    What to do: look at the address in the finding. If it is the owner's own, ask the owner whether something was
    deployed or rotated. If it is not, block the address, check whether a call succeeded afterwards, and rotate the
    key.
    """
    minutes = tried(frames)
    dead = dead_refs(frames)
    dead_at = dict(zip(dead["key_ref"], dead["dead_at"], strict=True))
    known = known_refs(frames)
    abroad, slow = _abroad(minutes, settings), _paced(minutes, settings)
    told = {(burst.subject, burst.minute) for burst in abroad}
    lists = _lists(minutes, settings)
    wide = auth_burst_network.over(minutes, auth_burst_network.Settings())
    networks = set(zip(wide["network"], wide["minute"], strict=True))
    rows = [
        _row(burst, settings, _severity(burst, known, dead_at.get(burst.subject)))
        for burst in abroad
        if burst.failed["network"].nunique() < settings.networks and not _of_more(burst, lists, networks)
    ]
    rows += [
        _row(burst, settings, _severity(burst, known, dead_at.get(burst.subject)) or Severity.MEDIUM, span=HOUR)
        for burst in slow
        if burst.failed["network"].nunique() < settings.networks and not _of_more(burst, lists, networks)
    ]
    for burst, others in _usual(minutes, settings):
        if (burst.subject, burst.minute) not in told:
            rows.append(_row(burst, settings, _at_home(burst, settings, others, dead_at.get(burst.subject)), others))
    rows += [_row(burst, settings, Severity.LOW) for burst in _covered(minutes, settings)]
    return to_frame(one_a_bucket(rows))


def _covered(minutes: pd.DataFrame, settings: Settings) -> list[Burst]:
    """Bursts of keys that came to a new place while the platform refused everybody."""
    rows = counting(minutes[minutes["covered"] > 0], "covered")
    over = over_the_line(rows, "key_ref", at_least=settings.failures, span=settings.span, share=settings.share)
    return bursts(rows, "key_ref", over, settings.span)


@remembered
def over(minutes: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """The minutes at which a key is over the line at places that are not its own, as `over_the_line`."""
    rows = counting(minutes[~minutes["home"]], "strange")
    return over_the_line(rows, "key_ref", at_least=settings.failures, span=settings.span, share=settings.share)


@remembered
def paced(minutes: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """As `over`, at the pace of an hour; without the minutes up to an hour after one of `over`."""
    rows = counting(minutes[~minutes["home"]], "strange")
    lines = over_the_line(rows, "key_ref", at_least=settings.paced, span=HOUR, share=settings.share)
    if lines.empty:
        return lines
    lines = lines[~recent(over(minutes, settings), lines, "key_ref", HOUR)].reset_index(drop=True)
    return lines.assign(before=lines.groupby("key_ref")["minute"].shift(1))


def _paced(minutes: pd.DataFrame, settings: Settings) -> list[Burst]:
    rows = counting(minutes[~minutes["home"]], "strange")
    return bursts(rows, "key_ref", paced(minutes, settings), HOUR)


def _abroad(minutes: pd.DataFrame, settings: Settings) -> list[Burst]:
    rows = counting(minutes[~minutes["home"]], "strange")
    return bursts(rows, "key_ref", over(minutes, settings), settings.span)


def _usual(minutes: pd.DataFrame, settings: Settings) -> Iterator[tuple[Burst, int]]:
    """Bursts at the keys' usual places, and how many other keys fail at theirs in the same networks meanwhile."""
    rows = counting(minutes[minutes["home"]], "usual")
    over = over_the_line(rows, "key_ref", at_least=settings.failures, span=settings.span, share=settings.share)
    failing = rows[rows["failures"] > 0]
    times = pd.DatetimeIndex(failing["minute"])
    for burst in bursts(rows, "key_ref", over, settings.span):
        ends = pd.DatetimeIndex([burst.minute - settings.span, burst.minute])
        low, high = times.searchsorted(ends, side="right")
        near = failing.iloc[low:high]
        near = near[near["network"].isin(set(burst.failed["network"])) & (near["key_ref"] != burst.subject)]
        yield burst, int(near["key_ref"].nunique())


def _lists(minutes: pd.DataFrame, settings: Settings) -> set[tuple[object, object]]:
    """The (address, minute) at which an address fails with many keys."""
    rows = minutes[(minutes["strange"] > 0) & minutes["ip"].notna() & minutes["key_ref"].notna()]
    many = sliding_distinct(rows, by="ip", at="minute", value="key_ref", span=_LIST)
    many = many[many["distinct"] >= settings.keys]
    return set(zip(many["ip"], many["minute"], strict=True))


def _of_more(burst: Burst, lists: set[tuple[object, object]], networks: set[tuple[object, object]]) -> bool:
    """Whether all of it is part of what the detectors of addresses, or that of networks, tell."""
    by_address = all((ip, burst.minute) in lists for ip in burst.failed["ip"].unique())
    return by_address or all((network, burst.minute) in networks for network in burst.failed["network"].unique())


def _severity(burst: Burst, known: set[str], dead_at: datetime | None) -> Severity | None:
    """Of a burst from elsewhere."""
    if dead_at is not None and dead_at <= burst.minute:
        return Severity.LOW
    if known and burst.subject not in known:
        return Severity.LOW if burst.failed["place"].all() else Severity.MEDIUM
    return None


def _at_home(burst: Burst, settings: Settings, others: int, dead_at: datetime | None) -> Severity:
    dead = dead_at is not None and dead_at <= burst.minute
    grave = burst.failures >= settings.at_home and others < settings.others and not dead
    return Severity.MEDIUM if grave else Severity.LOW


def _row(
    burst: Burst,
    settings: Settings,
    severity: Severity | None,
    others: int | None = None,
    span: timedelta | None = None,
) -> Scored:
    ip = top(burst.failed, "ip")
    addresses = burst.failed["ip"].nunique()
    within = int((span or settings.span).total_seconds() // 60)
    # What happens at home accuses nobody: `addresses` 1 would make an attacker of the owner's own.
    detail: dict[str, object] = {"failures": burst.failures, "requests": burst.requests}
    detail |= {"addresses": int(addresses)} if others is None else {"home": True, "others": others}
    if others is None and severity is not Severity.LOW:
        detail["attackers"] = listed(burst.failed["ip"])
    return Scored(
        bucket=burst.minute,
        subject=f"key:{burst.subject}",
        key_ref=burst.subject,
        ip=ip,
        severity=severity,
        score=max(1.0, burst.failures / (settings.paced if span else settings.failures)),
        count=burst.new,
        first_seen=burst.first_seen,
        last_seen=burst.last_seen,
        title="{count} failed calls with key {key}" + (f" from {ip}" if ip and addresses == 1 else ""),
        summary=f"At its peak {burst.failures} of {burst.requests} calls within {within} minutes failed "
        f"({burst.share:.0%}), from {addresses} address{'' if addresses == 1 else 'es'}"
        f"{f', most from {ip}' if ip else ''}."
        f"{_note(others)}",
        detail=detail,
    )


def _note(others: int | None) -> str:
    if others is None:
        return " The key had not been used from there."
    note = " The key is usually used from there: ask its owner first."
    return f"{note} {others} other keys failed in the same network." if others else note
