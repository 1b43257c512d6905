"""Which audit controls the report is evidence for, and which findings bear on each.

SOC 2 trust services criteria (2017, points of focus 2022), ISO/IEC 27001:2022 Annex A, PCI DSS 4.0.1. A finding bears
on a control through its detector's own SOC 2 ids, or through the detector's name.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from reports.records import FindingEntry
from reports.told import is_open

_STALE: Final = ("unused-key", "never-used-key", "over-age-key")
_ATTACK: Final = ("auth-burst-key", "auth-burst-address", "key-guessing", "burst-then-success")
_USE: Final = ("new-origin", "volume-spike", "flatline", "detector-failed")
_ENDED: Final = ("revoked-or-expired-key-used", "unregistered-key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One control and what the report shows for it."""

    framework: str
    id: str
    title: str
    evidence: str
    detectors: tuple[str, ...]
    """Whose findings bear on it; those whose own control ids name it come on top."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """A control with its findings."""

    control: Control
    findings: tuple[FindingEntry, ...]
    open: int


def _control(framework: str, name: str, title: str, evidence: str, *detectors: str) -> Control:
    return Control(framework=framework, id=name, title=title, evidence=evidence, detectors=detectors)


_SOC, _ISO, _PCI = "SOC 2", "ISO 27001:2022", "PCI DSS 4.0.1"
CONTROLS: Final = (
    _control(_SOC, "CC6.1", "Logical access security", "Use of each key; attacks on authentication", *_ATTACK, *_ENDED),
    _control(_SOC, "CC6.2", "Registration and removal of access", "Inventory; unregistered, ended and unused keys"),
    _control(_SOC, "CC6.3", "Access changed and removed when no longer needed", "Idle days, age, owner of each key"),
    _control(_SOC, "CC7.2", "Monitoring for anomalies", "Sources, detectors, findings", *_ATTACK, *_USE),
    _control(_SOC, "CC7.3", "Evaluation of security events", "Incidents, alerts, how they ended", "burst-then-success"),
    _control(_ISO, "A.5.15", "Access control", "Inventory with owner, environment and scopes", *_ENDED),
    _control(_ISO, "A.5.16", "Identity management", "Life of each key, from creation to its end", *_STALE, *_ENDED),
    _control(_ISO, "A.5.17", "Authentication information", "Age, rotation and expiry", "over-age-key", *_ATTACK),
    _control(_ISO, "A.5.18", "Access rights", "Last use and idle days, for the review of rights", *_STALE, *_ENDED),
    _control(_ISO, "A.8.15", "Logging", "Log sources, rejects and gaps", "flatline", "detector-failed"),
    _control(_ISO, "A.8.16", "Monitoring activities", "Findings, incidents and alerts", *_ATTACK, *_USE),
    _control(_PCI, "7.2.5.1", "Review of application and system accounts", "Inventory with last use", *_STALE, *_ENDED),
    _control(_PCI, "8.6", "Management of application and system accounts", "Age, rotation, misuse", *_STALE, *_ATTACK),
)


def control_map(findings: Iterable[FindingEntry]) -> tuple[Mapped, ...]:
    """Every control of CONTROLS with the findings that bear on it, in their order."""
    listed = tuple(findings)
    return tuple(_mapped(control, listed) for control in CONTROLS)


def _mapped(control: Control, findings: tuple[FindingEntry, ...]) -> Mapped:
    mine = tuple(f for f in findings if control.id in f.controls or f.detector in control.detectors)
    return Mapped(control=control, findings=mine, open=sum(is_open(finding.status) for finding in mine))
