"""One line that says what happened, in the order in which it happened."""

from collections.abc import Sequence

from alerts.joining import ATTACKS, attackers, keys_of, network_of, networks_of
from model.finding import Finding, Severity, SubjectKind
from model.plain import plain

_BUDGET = 240
"""Characters; a mail's subject and a chat's first line show about this much."""
_MORE = ", +99 more"
_SUCCESS = "burst-then-success"
_PLAIN = ("auth-burst-address", "auth-burst-network", "auth-burst-key")
"""Of `ATTACKS`, those whose count says all; the titles of the others say more than that calls failed."""


def family(detector: str) -> str:
    """What a detector looks at: those that count failed calls see one and the same attack."""
    return "failed-calls" if detector in ATTACKS else detector


def headline(findings: Sequence[Finding]) -> str:
    """Tell findings as steps: "60 failed calls from 203.0.113.9, then 25 successful ones with key billing-prod".

    Remarks (info, low) are left out beside graver findings, and of each burst only one view is told; what does not fit
    is counted: "+3 more".
    """
    steps = _steps([f for f in findings if f.severity.rank >= Severity.MEDIUM.rank] or findings)
    text, left = steps[0], len(steps) - 1
    for step in steps[1:]:
        longer = f"{text}, then {_lower(step)}"
        if len(longer) > _BUDGET - len(_MORE):
            break
        text, left = longer, left - 1
    text = plain(text, _BUDGET - len(_MORE))
    return f"{text}, +{left} more" if left else text


def _steps(findings: Sequence[Finding]) -> list[str]:
    bursts = _bursts(findings)
    intruders = {_place(f) for f in findings if f.detector == _SUCCESS}
    before = {f.id: _precursor(f, bursts) for f in findings if f.detector == _SUCCESS}
    led = {burst.id for burst in before.values() if burst is not None}
    steps: list[tuple[object, ...]] = []
    for finding in findings:
        if finding.detector in ATTACKS:
            if finding in bursts:
                steps.append((finding.first_seen, 0, finding.id, _burst(finding, leads=finding.id in led)))
            continue
        if finding.detector == "new-origin" and _place(finding) in intruders:
            continue  # the same calls: the burst's success says it better
        # A success is told after its burst, though both may begin in one bucket.
        burst = before.get(finding.id)
        at = max(finding.first_seen, burst.first_seen) if burst else finding.first_seen
        steps.append((at, 1, finding.id, _success(finding, burst) if burst else _title(finding)))
    return list(dict.fromkeys(str(step[-1]) for step in sorted(steps)))


def _bursts(findings: Sequence[Finding]) -> list[Finding]:
    """Of the findings that count failed calls from one place, the one to tell; a network's tells its addresses'."""
    best: dict[str, Finding] = {}
    attacks = [finding for finding in findings if finding.detector in ATTACKS]
    wide = {f.subject.value for f in attacks if f.subject.kind is SubjectKind.NETWORK}
    for finding in attacks:
        narrow = finding.subject.kind is SubjectKind.IP and network_of(finding.subject.value) in wide
        place = str(network_of(finding.subject.value)) if narrow else _place(finding)
        best[place] = min((best.get(place, finding), finding), key=_telling)
    return list(best.values())


def _telling(finding: Finding) -> tuple[bool, int, int]:
    return finding.subject.kind is not SubjectKind.NETWORK, ATTACKS.index(finding.detector), -finding.count


def _precursor(success: Finding, bursts: Sequence[Finding]) -> Finding | None:
    """The burst that a success came after: of the same address, else the same network, else the same key."""
    by, keys, networks = _by(success), set(keys_of(success)), networks_of(success)
    ordered = sorted(bursts, key=lambda finding: (finding.first_seen, finding.id))
    same = [burst for burst in ordered if _place(burst) == _place(success)]
    near = [burst for burst in ordered if by == "network" and networks & networks_of(burst)]
    of_key = [burst for burst in ordered if by == "key_ref" and keys & set(keys_of(burst))]
    return next(iter([*same, *near, *of_key]), None)


def _by(success: Finding) -> object:
    """What burst-then-success was joined by."""
    return success.evidence[0].detail.get("by", "ip") if success.evidence else "ip"


def _place(finding: Finding) -> str:
    if finding.detector in ATTACKS and finding.subject.kind is not SubjectKind.KEY:
        return finding.subject.value
    named = attackers(finding)
    # An attack with a key from many addresses has no place; others are where the first named address is.
    alone = len(named) == 1 or finding.detector not in ATTACKS
    return named[0] if named and alone else str(finding.subject)


def _burst(finding: Finding, *, leads: bool) -> str:
    """The failed calls; shortly when a success is told after them."""
    if not finding.count or (finding.detector not in _PLAIN and not leads):
        return _title(finding)
    calls = f"{finding.count:,} failed call{'' if finding.count == 1 else 's'}"
    if finding.subject.kind in {SubjectKind.IP, SubjectKind.NETWORK}:
        return f"{calls} from {finding.subject.value}"
    if finding.subject.kind is SubjectKind.PLATFORM:
        return _title(finding)
    named = attackers(finding)
    return f"{calls} with key {_key(finding)}" + (f" from {named[0]}" if len(named) == 1 else "")


def _success(finding: Finding, burst: Finding) -> str:
    calls = f"{finding.count:,} successful one{'' if finding.count == 1 else 's'}"
    ip = next(iter(attackers(finding)), None)
    elsewhere = f" from {ip}" if ip and _place(burst) != _place(finding) else ""
    known = set(keys_of(burst)) & set(keys_of(finding)) and burst.subject.kind is SubjectKind.KEY and elsewhere
    return calls + ("" if known else f" with key {_key(finding)}") + elsewhere


def _title(finding: Finding) -> str:
    return finding.title.strip().rstrip(".") or finding.detector


def _key(finding: Finding) -> str:
    return plain(finding.key_name or finding.key_id or finding.key_ref or finding.subject.value, 60)


def _lower(step: str) -> str:
    return step[0].lower() + step[1:] if len(step) > 1 and step[1].islower() else step
