"""new-origin: see the docstring of `score`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from detectors.declare import DAY, HOUR, NEWCOMERS, Frames, detector
from detectors.scores import Scored, moment, to_frame
from detectors.shared.routes import Fresh, Step, steps
from detectors.shared.visits import VISIT_FRAMES, Settled, Visit, visits
from model.finding import Severity
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(Settled):
    """How well a key must be known, and what is much."""

    few: int = 3
    """At most so many known networks make a new one graver."""
    shared: int = 2
    """A network that so many other keys were used from before is a place of this company or its customers."""
    routes: int = 3
    """So many new routes on the day are as odd as one privileged one."""
    new_routes: float = 0.3
    """A key that finds new routes on more than this share of its days (learnt) is not judged by them."""


@detector(
    id="new-origin",
    severity=Severity.MEDIUM,
    kind="rule",
    frames=(*VISIT_FRAMES, "route_days"),
    by_key=("origin_hours", "network_days", "client_days", "asn_days", "country_days", "route_days"),
    named_by=(NEWCOMERS,),
    settings=Settings,
    quiet=DAY,
    bucket=HOUR,
    attack=("T1078.004", "T1528"),
    owasp=("API2:2023",),
    controls=("CC6.1", "CC6.6", "CC7.2"),
)
def score(frames: Frames, window: Window, settings: Settings) -> pd.DataFrame:
    """A key succeeds from a network it was never used from.

    A /24 (or /48) new to a key in use for 7 days and 50 calls, or on 7 days (30 days of history; Elastic's "Long-Term
    Access Key First Seen from Source IP" has new_terms of 10 days and successes only). What else is new decides how
    grave it is: a new client counts two, a new privileged route (or three new routes) two, a new country or operator
    one, many calls while the usual networks go on (in this hour or the one before) one; a key of more than three
    networks and a network that two other keys were used from count one less. From two on it is high, one is medium. A
    new network with the same client and the same calls is low, in a known operator's or a shared network info. An
    address in a known network, a client's new version, and a network of another key of the same owner are not told; a
    key that always finds new networks is judged by its operators, if it has few and they are known. A key in use for
    three days and 50 calls is told of for a new network with a new client, low: it may be on its way to its home; and
    medium if it also calls privileged or three new routes there, or many calls while the usual networks go on.

    Why it matters: this is what a leaked key looks like: it works, from where its owner never was.

    False alarms: the owner moved, changed the provider, or deployed to a second region; a developer who tries the key
    from home.

    What to do: ask the owner whether the address is theirs. If not, rotate the key, and list what was called from
    there since the first call. If it is, resolve as expected: the network is learnt with the day.
    """
    found = visits(frames, settings)
    fresh = _by_day(steps(frames, window), {visit.key for visit in found}, settings.new_routes)
    return to_frame(_row(visit, fresh.get((visit.key, visit.hour.floor("D")), []), settings) for visit in found)


def _by_day(all_steps: Iterable[Step], keys: set[str], often: float) -> Mapping[tuple[str, pd.Timestamp], list[Fresh]]:
    """New routes of the keys by key and day, without those that another key of the owner has.

    Keys that find new routes on more than `often` of their days have none.
    """
    found: dict[tuple[str, pd.Timestamp], list[Fresh]] = {}
    for step in all_steps:
        if step.key in keys and step.habits.new_a_day <= often:
            routes = [fresh for fresh in step.fresh if not fresh.owned]
            found.setdefault((step.key, step.hour.floor("D")), []).extend(routes)
    return found


def _severity(visit: Visit, fresh: list[Fresh], settings: Settings) -> Severity:
    grave = any(one.privileged for one in fresh) or len(fresh) >= settings.routes
    odd = 2 * bool(visit.clients) + visit.elsewhere + 2 * grave
    if not odd:
        return Severity.INFO if visit.same_asn or visit.shared >= settings.shared else Severity.LOW
    odd += bool(visit.asns or visit.countries)
    odd -= (len(visit.known.networks) > settings.few) + (visit.shared >= settings.shared)
    if visit.young:
        return Severity.MEDIUM if visit.elsewhere or grave else Severity.LOW
    return Severity.HIGH if odd > 1 else Severity.MEDIUM if odd == 1 else Severity.LOW


def _row(visit: Visit, fresh: list[Fresh], settings: Settings) -> Scored:
    fresh = [one for one in fresh if one.first_ok < visit.hour + HOUR]
    severity = _severity(visit, fresh, settings)
    calls, known = visit.calls, visit.known
    top = calls.sort_values(["ok", "ip"]).iloc[-1]
    ip = None if pd.isna(top["ip"]) else str(top["ip"])
    network, key_ref = str(top["network"]), str(top["key_ref"])
    count = int(calls["ok"].sum())
    new = sorted(set(calls["network"]))
    place = ip or network if len(new) == 1 else f"{len(new)} new networks"
    return Scored(
        bucket=moment(visit.hour),
        subject=f"key:{key_ref}",
        key_ref=key_ref,
        ip=ip,
        severity=severity,
        score=(2.0 if severity == Severity.HIGH else 1.0) + min(count, 1000) / 1000,
        count=count,
        first_seen=moment(calls["first_seen"].fillna(calls["hour"]).min()),
        last_seen=moment(calls["last_seen"].fillna(calls["hour"]).max()),
        title=f"Key {{key}} is used from {'a new network: {count} calls from ' if len(new) == 1 else ''}{place}",
        summary=_summary(visit, fresh, network),
        detail={
            "networks": new[:10],
            "known": sorted(known.networks)[:10],
            "clients": sorted(visit.clients)[:10],
            "asns": sorted(visit.asns)[:10],
            "countries": sorted(visit.countries)[:10],
            "routes": [one.route for one in fresh][:10],
            "elsewhere": visit.elsewhere,
            "shared": visit.shared,
        },
    )


def _summary(visit: Visit, fresh: list[Fresh], network: str) -> str:
    known = len(visit.known.networks)
    said = f"{network} was never among the key's {known} network{'' if known == 1 else 's'} of "
    said += f"{visit.known.age.days} days. "
    more = {
        "client": sorted(visit.clients),
        "operator": sorted(visit.asns),
        "country": sorted(visit.countries),
        "route": [one.route for one in fresh],
    }
    named = [f"{kind} {', '.join(values[:3])}" for kind, values in more.items() if values]
    said += f"New with it: {'; '.join(named)}." if named else "The client and what it calls are known."
    return said + (" The usual networks go on meanwhile." if visit.elsewhere else "")
