"""Which audit controls the report is evidence for, and which findings bear on each.

Each framework stands with the edition that its ids are of. A finding bears on a control through its detector's own
ids, through the SOC 2 criteria that the control is set beside, or through the detector's name; which control stands
beside which criterion is our own reading.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from reports.records import FindingEntry
from reports.told import is_open

_STALE: Final = ("unused-key", "never-used-key", "over-age-key", "no-owner", "long-lived-development-key")
_ENDED: Final = ("revoked-or-expired-key-used", "unregistered-key", "expired-but-active", "inactive-key-used")
_ROTATION: Final = ("over-age-key", "no-expiry", "expiring-soon", "rotation-not-completed", "rotated-key-unused")
_LOST: Final = ("flatline", "detector-failed", "bytes-lost", "source-late", "source-silent", "source-rejecting")


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One control and what the report shows for it."""

    framework: str
    version: str
    """Which edition of it the id is of."""
    id: str
    title: str
    evidence: str
    bearing: tuple[str, ...]
    """Detectors and SOC 2 criteria whose findings bear on it, beside those whose own ids name it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """A control with its findings."""

    control: Control
    findings: tuple[FindingEntry, ...]
    open: int


def _control(of: tuple[str, str], name: str, title: str, evidence: str, *bearing: str) -> Control:
    framework, version = of
    return Control(framework=framework, version=version, id=name, title=title, evidence=evidence, bearing=bearing)


_SOC = ("SOC 2", "TSC 2017, points of focus 2022")
_ISO = ("ISO/IEC 27001", "2022, Annex A")
_PCI = ("PCI DSS", "4.0.1")
_NIST = ("NIST SP 800-53", "Rev. 5")
_CIS = ("CIS Controls", "8.1")
CONTROLS: Final = (
    _control(_SOC, "CC6.1", "Logical access security", "Use of each key; attacks on authentication"),
    _control(_SOC, "CC6.2", "Registration and removal of access", "Inventory; unregistered, ended and unused keys"),
    _control(_SOC, "CC6.3", "Access changed and removed when no longer needed", "Idle days, age, owner; the review"),
    _control(_SOC, "CC7.2", "Monitoring for anomalies", "Sources, detectors, findings"),
    _control(_SOC, "CC7.3", "Evaluation of security events", "Incidents, alerts, how they ended"),
    _control(_ISO, "A.5.15", "Access control", "Inventory with owner, environment and scopes", "CC6.1"),
    _control(_ISO, "A.5.16", "Identity management", "Life of each key, from creation to its end", "CC6.2"),
    _control(_ISO, "A.5.17", "Authentication information", "Age, rotation and expiry", *_ROTATION),
    _control(_ISO, "A.5.18", "Access rights", "Last use and idle days; decisions of the review", "CC6.3"),
    _control(_ISO, "A.8.15", "Logging", "Log sources, rejects and gaps; the audit log", *_LOST),
    _control(_ISO, "A.8.16", "Monitoring activities", "Findings, incidents and alerts", "CC7.2"),
    _control(_PCI, "7.2.4", "Review of user accounts and access", "Decision, reviewer and date of each key", *_STALE),
    _control(_PCI, "7.2.5.1", "Review of application and system accounts", "Inventory with last use", *_STALE, *_ENDED),
    _control(_PCI, "8.6.3", "System accounts protected against misuse", "Age, rotation, misuse", *_ROTATION, "CC6.1"),
    _control(_PCI, "10.2", "Audit logs of access", "Log sources and their completeness", *_LOST),
    _control(_PCI, "10.4", "Review of audit logs", "Findings and how they were answered", "CC7.2", "CC7.3"),
    _control(_NIST, "AC-2", "Account management", "Inventory, owner, decisions of the review", "CC6.2", "CC6.3"),
    _control(_NIST, "AC-2(3)", "Disable accounts", "Unused, expired and revoked keys", *_STALE, *_ENDED),
    _control(_NIST, "AC-2(12)", "Account monitoring for atypical usage", "Findings about use", "CC7.2"),
    _control(_NIST, "IA-5", "Authenticator management", "Age, rotation and expiry of each key", *_ROTATION),
    _control(_NIST, "AU-6", "Audit record review, analysis and reporting", "Findings, incidents", "CC7.2", "CC7.3"),
    _control(_NIST, "AU-10", "Non-repudiation", "Signature, chain of reports, hash-chained audit log"),
    _control(_NIST, "SI-4", "System monitoring", "Sources, detectors, findings", "CC7.2", *_LOST),
    _control(_CIS, "5.1", "Inventory of accounts", "Inventory with source and time of each pull", "CC6.2"),
    _control(
        _CIS, "5.3", "Disable dormant accounts", "Idle days of each key against 45 days", "unused-key", "never-used-key"
    ),
    _control(_CIS, "6.2", "Access revoking process", "Keys that were used after their end; decisions", *_ENDED),
    _control(_CIS, "8.11", "Audit log reviews", "Findings and incidents of the period", "CC7.2", "CC7.3"),
)


def control_map(findings: Iterable[FindingEntry]) -> tuple[Mapped, ...]:
    """Every control of CONTROLS with the findings that bear on it, in their order."""
    listed = tuple(findings)
    return tuple(_mapped(control, listed) for control in CONTROLS)


def _mapped(control: Control, findings: tuple[FindingEntry, ...]) -> Mapped:
    bearing = {control.id, *control.bearing}
    mine = tuple(f for f in findings if f.detector in bearing or bearing.intersection(f.controls))
    return Mapped(control=control, findings=mine, open=sum(is_open(finding.status) for finding in mine))
