"""fresh-key-odd-first-use: see the docstring of `score`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

import pandas as pd

from detectors.declare import DAY, HOUR, NEWCOMERS, Frames, detector
from detectors.scores import Scored, moment, to_frame
from detectors.shared.calls import calls_of
from detectors.shared.clients import product
from detectors.shared.lifetimes import identity
from detectors.shared.places import Histories, Others, histories
from model.finding import Severity
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Which keys are fresh, and whose owner is known well enough."""

    fresh: timedelta = timedelta(days=7)
    """How old a key may be."""
    requests: int = 50
    """How many calls the owner's other keys must have made."""
    history: timedelta = timedelta(days=7)
    """How long one of them must have been in use: before, it is low."""
    networks: int = 8
    """An owner who is seen in more networks than this is everywhere: then country and client must both be foreign."""


@detector(
    id="fresh-key-odd-first-use",
    severity=Severity.MEDIUM,
    kind="rule",
    frames=("origin_hours", "network_days", "client_days", "asn_days", "country_days", "keys", "key_refs"),
    by_key=("origin_hours", "network_days", "client_days", "asn_days", "country_days"),
    named_by=(NEWCOMERS,),
    settings=Settings,
    quiet=DAY,
    bucket=HOUR,
    attack=("T1098.001", "T1078.004"),
    owasp=("API2:2023",),
    controls=("CC6.1", "CC6.6", "CC7.2"),
)
def score(frames: Frames, _window: Window, settings: Settings) -> pd.DataFrame:
    """A new key is first used by somebody who does not look like its owner.

    The first network that a key of at most 7 days succeeds from is one that no other key was ever used from, while the
    owner's other keys live in few. Low if the client is one of the owner's (info if the operator is, too), medium if it
    is new, or the country is (a first use from another network than the creator's is what Elastic's and Panther's rules
    for created keys ask for); high once the key is then used from the owner's own network as well: then the first use
    was not its. Of an owner whose keys live in many networks, a new country and a new client together are told. It is
    low while the owner's keys are known for less than a week, and, unless country and client are both new, where they
    do not live together: of an owner with one key more, or whose keys have each a place of its own, a new key has a new
    place, too. An owner without other keys gives nothing, since there is nothing to compare.

    Why it matters: a key that was read on its way to its owner, or made by an intruder to stay, is first used by them.

    False alarms: a new service on a new server with a new client.

    What to do: ask the owner whether the first calls were theirs. If not, revoke the key, and find out how it was
    handed over and by whom it was made.
    """
    keys = identity(frames)
    used = frames["origin_hours"].dropna(subset=["key_ref", "network"])
    used = used[used["ok"] > 0]
    used = used.assign(key=used["key_ref"].map(keys), day=used["hour"].dt.floor("D"))
    facts = frames["keys"][["key_id", "created_at"]].dropna().rename(columns={"key_id": "key"})
    used = used.merge(facts, on="key")
    age = used["hour"] - used["created_at"]
    used = used[(age <= settings.fresh) & (age > -HOUR)]
    if used.empty:
        return to_frame([])
    past = histories(frames)
    rows: list[Scored] = []
    for _, today in used.groupby(["key", "day"]):
        rows.extend(_rows(today, past, settings))
    return to_frame(rows)


def _rows(today: pd.DataFrame, past: Histories, settings: Settings) -> Iterator[Scored]:
    """The hours of a day in which a key was used from the place of its first use, if that is odd, or its owner came."""
    key, day = str(today["key"].iloc[0]), today["day"].iloc[0]
    owner = past.owner_of(key, day)
    if owner.requests < settings.requests:
        return
    everywhere = len(owner.networks) > settings.networks
    before = past.firsts(key, day)
    so_far = list(before)
    for hour, calls in today.sort_values(["hour", "first_seen", "network"]).groupby("hour"):
        so_far += [network for network in dict.fromkeys(calls["network"]) if network not in so_far]
        first = so_far[0]
        if first in owner.networks or past.of_others(key, first, day):
            return
        home = not everywhere and any(network in owner.networks for network in so_far)
        there = calls[calls["network"] == first]
        comes = home and bool(calls["network"].isin(owner.networks).any())
        if len(there) or comes:
            odd = _odd(there if len(there) else calls, owner)
            if not everywhere or (odd.client and odd.country):
                scattered = not owner.together and not (odd.client and odd.country) and not home
                usual = owner.age < settings.history or (scattered and (odd.client or odd.country))
                there = there if len(there) else calls
                yield _row(there, hour, first, odd, home=home, usual=usual)


class _Odd(NamedTuple):
    """What is foreign to the owner in calls."""

    client: bool
    operator: bool
    country: bool
    """False where the owner's are not known; `operator` is True then."""


def _odd(calls: pd.DataFrame, owner: Others) -> _Odd:
    products = {product(client) for client in calls["client"].dropna()}
    asns, countries = set(calls["asn"].dropna()), set(calls["country"].dropna())
    return _Odd(
        client=not products <= owner.clients,
        operator=not (asns and calls["asn"].notna().all() and asns <= owner.asns),
        country=bool(owner.countries) and not countries <= owner.countries,
    )


def _severity(odd: _Odd, *, there: bool, home: bool, usual: bool) -> Severity:
    if usual:
        return Severity.LOW
    if home and (odd.client or odd.country or not there):
        return Severity.HIGH
    if odd.client or odd.country or home:
        return Severity.MEDIUM
    return Severity.LOW if odd.operator else Severity.INFO


def _row(
    calls: pd.DataFrame,
    hour: Any,  # noqa: ANN401
    network: str,
    odd: _Odd,
    *,
    home: bool,
    usual: bool,
) -> Scored:
    sums = calls_of(calls)
    key_ref = str(calls["key_ref"].iloc[0])
    there = bool((calls["network"] == network).any())
    severity = _severity(odd, there=there, home=home, usual=usual)
    also = [name for name, foreign in (("client", odd.client), ("country", odd.country)) if foreign]
    more = f" Its {' and '.join(also)} {'is' if len(also) == 1 else 'are'} new to the owner, too." if also else ""
    then = " Since then it was used from the owner's network too." if home else ""
    return Scored(
        bucket=moment(hour),
        subject=f"key:{key_ref}",
        key_ref=key_ref,
        ip=sums.ip if there else None,
        severity=severity,
        score=1.0 + (severity == Severity.HIGH),
        count=sums.ok,
        first_seen=sums.first,
        last_seen=sums.last,
        title=f"The new key {{key}} was first used from {sums.ip if there and sums.ip else network}, which is foreign "
        "to its owner",
        summary=f"No other key was ever used from {network}.{more}{then}",
        detail={"network": network, "new_client": odd.client, "new_country": odd.country, "owner_came": home}
        | ({"attacker": sums.ip} if there and sums.ip and severity == Severity.HIGH else {}),
    )
