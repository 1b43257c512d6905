"""One line that says what happened, in the order in which it happened."""

from collections.abc import Sequence

from alerts.joining import attackers
from model.finding import Finding, Severity, SubjectKind
from model.plain import plain

_BUDGET = 240
"""Characters; a mail's subject and a chat's first line show about this much."""
_MORE = ", +99 more"
_SUCCESS = "burst-then-success"
_VIEWS = ("auth-burst-address", "key-guessing", "auth-burst-key")
"""Detectors that count the same failed calls from different sides; the first that fired is the one that is told."""


def family(detector: str) -> str:
    """What a detector looks at: the three that count failed calls see one and the same burst."""
    return "failed-calls" if detector in _VIEWS else detector


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
    told = set(map(_place, bursts))
    intruders = {_place(f) for f in findings if f.detector == _SUCCESS}
    steps: list[tuple[object, ...]] = []
    for finding in findings:
        if finding.detector in _VIEWS:
            if finding in bursts:
                steps.append((finding.first_seen, 0, finding.id, _burst(finding)))
            continue
        if finding.detector == "new-origin" and _place(finding) in intruders:
            continue  # the same calls: the burst's success says it better
        follows = finding.detector == _SUCCESS and _place(finding) in told
        # A success is told after its burst, though both may begin in one bucket.
        after = max((f.first_seen for f in bursts if _place(f) == _place(finding)), default=finding.first_seen)
        at = max(finding.first_seen, after) if follows else finding.first_seen
        steps.append((at, 1, finding.id, _success(finding) if follows else _title(finding)))
    return list(dict.fromkeys(str(step[-1]) for step in sorted(steps)))


def _bursts(findings: Sequence[Finding]) -> list[Finding]:
    """Of the findings that count failed calls from one place, the one to tell."""
    best: dict[str, Finding] = {}
    for finding in findings:
        if finding.detector in _VIEWS:
            place = _place(finding)
            best[place] = min((best.get(place, finding), finding), key=lambda f: (_VIEWS.index(f.detector), -f.count))
    return list(best.values())


def _place(finding: Finding) -> str:
    named = attackers(finding)
    return named[0] if named else str(finding.subject)


def _burst(finding: Finding) -> str:
    if finding.detector == "key-guessing" or not finding.count:
        return _title(finding)
    calls = f"{finding.count:,} failed call{'' if finding.count == 1 else 's'}"
    if finding.subject.kind is SubjectKind.IP:
        return f"{calls} from {finding.subject.value}"
    named = attackers(finding)
    return f"{calls} with key {_key(finding)}" + (f" from {named[0]}" if len(named) == 1 else "")


def _success(finding: Finding) -> str:
    return f"{finding.count:,} successful one{'' if finding.count == 1 else 's'} with key {_key(finding)}"


def _title(finding: Finding) -> str:
    return finding.title.strip().rstrip(".") or finding.detector


def _key(finding: Finding) -> str:
    return plain(finding.key_name or finding.key_id or finding.key_ref or finding.subject.value, 60)


def _lower(step: str) -> str:
    return step[0].lower() + step[1:] if len(step) > 1 and step[1].islower() else step
