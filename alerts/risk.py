"""The summed risk of an incident: one number to sort by, beside its severity."""

from collections.abc import Iterable
from typing import Final

from alerts.headline import family
from model.finding import Finding, FindingStatus, Severity

WEIGHTS: Final = {
    Severity.INFO: 1,
    Severity.LOW: 5,
    Severity.MEDIUM: 20,
    Severity.HIGH: 50,
    Severity.CRITICAL: 100,
}
"""What one finding adds. Splunk's risk-based alerting sums scores of this range (1 to 100) and calls 100 notable: so
two high findings or five medium ones weigh as much as a critical one."""

_AGAIN: Final = 0.1
"""What each further finding of the same family adds, of its weight: ten bursts are not ten times as bad as one."""


def risk(findings: Iterable[Finding]) -> int:
    """The sum of weights over the findings that are not muted: the gravest of each family whole, the others a tenth."""
    by_family: dict[str, list[int]] = {}
    for finding in findings:
        if finding.status is not FindingStatus.MUTED:
            by_family.setdefault(family(finding.detector), []).append(WEIGHTS[finding.severity])
    return round(sum(max(w) + _AGAIN * (sum(w) - max(w)) for w in by_family.values()))
