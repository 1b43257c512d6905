"""The summed risk of an incident: what each finding adds to it."""

from collections.abc import Callable

import pytest

from alerts.risk import WEIGHTS, risk
from model.finding import Finding, FindingStatus, Severity

Make = Callable[..., Finding]


def test_findings_of_different_families_are_summed_and_not_the_largest_taken(finding: Make) -> None:
    findings = [
        finding("burst-then-success", "key:k1", severity=Severity.CRITICAL),
        finding("new-origin", "key:k1", severity=Severity.HIGH),
        finding("new-client", "key:k1", severity=Severity.INFO),
    ]

    assert 100 + 50 + 1 == risk(findings)


def test_each_further_finding_of_a_family_adds_a_tenth_and_the_gravest_counts_whole(finding: Make) -> None:
    views = ("auth-burst-address", "auth-burst-key", "key-guessing")
    severities = (Severity.MEDIUM, Severity.HIGH, Severity.MEDIUM)
    findings = [finding(name, severity=severity) for name, severity in zip(views, severities, strict=True)]

    assert 50 + 2 + 2 == risk(findings)
    assert risk(findings) == risk(findings[::-1])


def test_the_same_detector_of_two_keys_is_one_family(finding: Make) -> None:
    findings = [finding("new-origin", f"key:k{number}", severity=Severity.HIGH) for number in range(3)]

    assert 50 + 5 + 5 == risk(findings)


def test_what_is_muted_adds_nothing_and_what_is_resolved_still_counts(finding: Make) -> None:
    muted = finding("new-origin", severity=Severity.CRITICAL, status=FindingStatus.MUTED)
    resolved = finding("volume-spike", severity=Severity.MEDIUM, status=FindingStatus.RESOLVED)

    assert 20 == risk([muted, resolved])
    assert 0 == risk([muted]) == risk([])


@pytest.mark.parametrize(
    ("severity", "adds"),
    [
        (Severity.INFO, 1), (Severity.LOW, 5), (Severity.MEDIUM, 20), (Severity.HIGH, 50), (Severity.CRITICAL, 100),
    ],
)  # fmt: skip
def test_a_finding_adds_the_weight_of_its_severity(finding: Make, severity: Severity, adds: int) -> None:
    assert adds == risk([finding(severity=severity)])
    assert set(Severity) == set(WEIGHTS)
