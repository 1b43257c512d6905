"""How far an incident reaches: how many keys and addresses its grave findings are about, now and when it was told."""

from collections.abc import Sequence
from dataclasses import dataclass

from model.finding import Finding, Severity, SubjectKind
from model.incident import Alert

_PLACES = (SubjectKind.IP, SubjectKind.NETWORK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Subjects of findings that are high or critical and not muted."""

    keys: int = 0
    addresses: int = 0
    """Networks among them."""
    critical: int = 0
    """Of both, those with a critical finding."""

    @classmethod
    def of(cls, alert: Alert, findings: Sequence[Finding]) -> "Spread":
        """What an alert said; of one that an older release wrote, what `findings` had been found by then."""
        said = alert.payload.get("spread")
        if isinstance(said, dict):
            return cls(**{name: int(said.get(name, 0)) for name in ("keys", "addresses", "critical")})
        return spread([finding for finding in findings if finding.detected_at <= alert.created_at])

    def beyond(self, before: "Spread") -> str:
        """`3 further keys and 1 further address.`, or nothing."""
        parts = [
            _further(self.keys - before.keys, "key", "keys"),
            _further(self.addresses - before.addresses, "address", "addresses"),
        ]
        said = " and ".join(part for part in parts if part)
        critical = self.critical - before.critical
        grave = f", {critical:,} of them critical" if said and critical > 0 else ""
        return f"{said}{grave}." if said else ""

    def document(self) -> dict[str, int]:
        """As an alert holds it."""
        return {"keys": self.keys, "addresses": self.addresses, "critical": self.critical}


def spread(findings: Sequence[Finding]) -> Spread:
    """The spread of findings, of which muted ones are left out before."""
    grave = [finding for finding in findings if finding.severity.rank >= Severity.HIGH.rank]
    keys = {finding.subject for finding in grave if finding.subject.kind is SubjectKind.KEY}
    places = {finding.subject for finding in grave if finding.subject.kind in _PLACES}
    critical = {finding.subject for finding in grave if finding.severity is Severity.CRITICAL}
    return Spread(keys=len(keys), addresses=len(places), critical=len(critical & (keys | places)))


def _further(number: int, one: str, many: str) -> str:
    return f"{number:,} further {one if number == 1 else many}" if number > 0 else ""
