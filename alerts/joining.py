"""Which findings belong together: they share a key or an attacker's address, and their times touch."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from itertools import pairwise

from model.event import UNKNOWN_PREFIX
from model.finding import Finding, FindingStatus, SubjectKind

_FOUR = 4

JOIN_WITHIN = timedelta(hours=24)
"""Findings of one subject further apart than this are two incidents (Elastic's correlation rule for long-term access
keys and Panther's default for related alerts both look one day back)."""

HYGIENE = frozenset(
    {
        "unused-key",
        "never-used-key",
        "over-age-key",
        "expiring-soon",
        "expired-but-active",
        "no-expiry",
        "no-owner",
        "generic-name",
        "long-lived-development-key",
        "two-active-keys",
        "rotation-not-completed",
        "rotated-key-unused",
        "key-in-url",
    }
)
"""Detectors about a key's upkeep. They join each other and never an attack: nobody wants "unused for 45 days" in the
headline of a break-in."""

ACCUSING = frozenset({"burst-then-success", "new-origin", "impossible-travel"})
"""Detectors about a key whose `ip` is the place that should not have it. A new client is none: it may be at home."""

ATTACKS = (
    "auth-burst-address",
    "credential-stuffing",
    "key-guessing",
    "key-spraying",
    "auth-burst-network",
    "distributed-guessing",
    "auth-burst-key",
    "slow-and-low",
)
"""Detectors that count the same failed calls from different sides. Their attackers' networks join, too: whoever moves
on to the next address of a network is still the same."""

MANY_KEYS = 3
"""An address that findings of more keys than this name, and that no finding is about, is taken for an egress that many
keys share; joining by it would make one incident of strangers."""

Token = tuple[str, str]
"""(kind, value): findings that have one in common are about the same thing."""


def is_hygiene(finding: Finding) -> bool:
    """Whether it is about a key's upkeep."""
    return finding.detector in HYGIENE


def attackers(finding: Finding) -> list[str]:
    """The addresses it holds to be the attacker's; a finding's `ip` in passing accuses nobody.

    They are its subject; the `ip` of detectors that point at an address; that of a burst with a key that came from one
    address alone; and what stands in its evidence's detail as `attacker` or `attackers`.
    """
    found = [finding.subject.value] if finding.subject.kind is SubjectKind.IP else []
    if finding.detector in ACCUSING and finding.ip is not None:
        found.append(finding.ip)
    for evidence in finding.evidence:
        detail = evidence.detail
        said, many = detail.get("said"), detail.get("attackers")
        points = finding.detector in ACCUSING or detail.get("addresses") == 1
        ip = said.get("ip") if points and isinstance(said, Mapping) else None
        found += [
            a for a in (ip, detail.get("attacker"), *(many if isinstance(many, list) else [])) if isinstance(a, str)
        ]
    return list(dict.fromkeys(found))


def networks_of(finding: Finding) -> set[str]:
    """The networks that an attack, or the success after it, came from."""
    if finding.subject.kind is SubjectKind.NETWORK:
        return {finding.subject.value}
    if finding.detector not in (*ATTACKS, "burst-then-success"):
        return set()
    found = {network_of(address) for address in attackers(finding)}
    return {network for network in found if network is not None}


def network_of(address: str) -> str | None:
    """The /24 (/48 for IPv6) around an address, as events have it; None when it is no address."""
    try:
        ip = ip_address(address)
    except ValueError:
        return None
    return str(ip_network((ip, 24 if ip.version == _FOUR else 48), strict=False))


def keys_of(finding: Finding) -> list[str]:
    """All ids and references of the key it is about; folded unknown credentials are nobody's."""
    subject = finding.subject.value if finding.subject.kind is SubjectKind.KEY else None
    found = dict.fromkeys((finding.key_id, finding.key_ref, subject))
    return [key for key in found if key is not None and not key.startswith(UNKNOWN_PREFIX)]


def shared_addresses(findings: Iterable[Finding]) -> set[str]:
    """Addresses that look like an egress: more than `MANY_KEYS` keys' findings name them and none is about them."""
    keys: dict[str, set[str]] = defaultdict(set)
    accused: set[str] = set()
    for finding in findings:
        if finding.subject.kind is SubjectKind.IP:
            accused.add(finding.subject.value)
            continue
        for address in attackers(finding):
            keys[address].update(keys_of(finding)[:1])
    return {address for address, named in keys.items() if len(named) > MANY_KEYS and address not in accused}


def tokens(finding: Finding, shared: Collection[str]) -> set[Token]:
    """What it can join by; an address in `shared` counts only for findings that are about that address."""
    own = {("key", key) for key in keys_of(finding)}
    if is_hygiene(finding):
        return {("hygiene", key) for _, key in own} or {("hygiene", str(finding.subject))}
    own |= {("ip", address) for address in attackers(finding) if address not in shared}
    own |= {("network", network) for network in networks_of(finding) if not _holds(network, shared)}
    kind = finding.subject.kind
    if kind is SubjectKind.PLATFORM:
        # An outage and an attack of many are both about the platform, and are two things.
        own.add(("platform", f"{finding.detector} {finding.subject.value}"))
    elif kind is not SubjectKind.KEY:
        own.add((str(kind), finding.subject.value))
    return own


def _holds(network: str, shared: Collection[str]) -> bool:
    return any(network_of(address) == network for address in shared)


def span(finding: Finding, now: datetime) -> tuple[datetime, datetime]:
    """From its first event to its last, or to now while it is not resolved."""
    over = finding.status is FindingStatus.RESOLVED or finding.resolved_at is not None
    return finding.first_seen, finding.last_seen if over else max(finding.last_seen, now)


def touch(one: tuple[datetime, datetime], other: tuple[datetime, datetime]) -> bool:
    """Whether two spans overlap or lie within `JOIN_WITHIN` of each other."""
    return one[0] <= other[1] + JOIN_WITHIN and other[0] <= one[1] + JOIN_WITHIN


def components(findings: Sequence[Finding], shared: Collection[str], now: datetime) -> Iterator[list[Finding]]:
    """Split findings into groups whose members are linked by a common token at touching times.

    The groups depend on the findings alone, not on their order.
    """
    ordered = sorted(findings, key=lambda finding: (finding.first_seen, finding.opened, finding.id))
    by_token: dict[Token, list[int]] = defaultdict(list)
    for place, finding in enumerate(ordered):
        for token in tokens(finding, shared):
            by_token[token].append(place)
    parent = list(range(len(ordered)))
    for places in by_token.values():
        _link(ordered, places, parent, now)
    groups: dict[int, list[Finding]] = defaultdict(list)
    for place, finding in enumerate(ordered):
        groups[_root(parent, place)].append(finding)
    yield from groups.values()


def _link(ordered: Sequence[Finding], places: Sequence[int], parent: list[int], now: datetime) -> None:
    # In order of their beginnings, so a finding touches an earlier one exactly if it touches the longest so far.
    end: datetime | None = None
    for before, place in pairwise((places[0], *places)):
        first, last = span(ordered[place], now)
        if end is not None and first <= end + JOIN_WITHIN:
            parent[_root(parent, place)] = _root(parent, before)
        end = last if end is None else max(end, last)


def _root(parent: list[int], place: int) -> int:
    while parent[place] != place:
        parent[place] = parent[parent[place]]
        place = parent[place]
    return place
