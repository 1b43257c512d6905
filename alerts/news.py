"""Whether people should hear of an incident now, and what is new: a pure function of what they were told before."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from alerts.config import Escalation, Timing
from alerts.headline import family
from alerts.routing import Addressed
from model.finding import FindingStatus
from model.incident import Alert, AlertKind, Incident, IncidentStatus

_DAY = timedelta(days=1)
_LONGEST_HOLD = timedelta(hours=4)
_STANDING = (FindingStatus.OPEN, FindingStatus.ACKNOWLEDGED)


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """Why people should hear of an incident now."""

    kind: AlertKind
    changes: tuple[str, ...] = ()
    to: tuple[str, ...] | None = None
    """Only these targets; None: where the routes send it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What was told of an incident."""

    alerts: Sequence[Alert] = ()
    """By sequence, without those that a silence kept back."""
    heard: Sequence[str] = ()
    """Targets that were told, in the order they first were."""
    escalated: frozenset[str] = field(default_factory=frozenset)
    """Targets that were told because nobody acknowledged."""

    @property
    def last(self) -> Alert | None:
        """The latest."""
        return self.alerts[-1] if self.alerts else None


def news(incident: Incident, past: Past, addressed: Addressed, timing: Timing, now: datetime) -> News | None:
    """What to tell now; None while there is nothing, or while it is to wait."""
    last = past.last
    if incident.status is IncidentStatus.RESOLVED:
        return News(kind="resolved") if last is not None and last.kind != "resolved" else None
    if not any(finding.status in _STANDING for finding in incident.findings):
        return None
    if last is None:
        return News(kind="opened")
    if last.kind == "resolved":
        return _back(past, timing, now)
    if addressed.to and not past.heard:
        return News(kind="opened")
    return _changed(incident, last, timing, now) or _unanswered(incident, past, addressed, timing, now)


def _back(past: Past, timing: Timing, now: datetime) -> News | None:
    """A return; one that comes and goes is held back twice as long each time within a day."""
    ends = [alert.created_at for alert in past.alerts if alert.kind == "resolved"]
    times = sum(now - end < _DAY for end in ends)
    hold = min(timing.flap * 2 ** max(times - 1, 0), _LONGEST_HOLD)
    if times and now < ends[-1] + hold:
        return None
    again = f" It came back {times} times within a day." if times > 1 else ""
    return News(kind="opened", changes=(f"It was resolved, and is back.{again}",))


def _changed(incident: Incident, last: Alert, timing: Timing, now: datetime) -> News | None:
    """Detectors that joined, or a higher severity; changes wait for the interval, a rise does not."""
    named = last.payload.get("detectors")
    known = {family(str(name)) for name in named} if isinstance(named, list) else set()
    told = [finding for finding in incident.findings if finding.status is not FindingStatus.MUTED]
    joined = sorted({finding.detector for finding in told if family(finding.detector) not in known})
    changes = [f"{name} joined." for name in joined]
    rose = incident.severity.rank > last.severity.rank
    if rose:
        changes.insert(0, f"The severity rose from {last.severity} to {incident.severity}.")
    if not changes or not (rose or now >= last.created_at + timing.update):
        return None
    return News(kind="updated", changes=tuple(changes))


def _unanswered(incident: Incident, past: Past, addressed: Addressed, timing: Timing, now: datetime) -> News | None:
    """What is told because nobody acknowledged: to somebody else, or once more."""
    if incident.status is not IncidentStatus.OPEN or not past.heard:
        return None
    opened = next((a.created_at for a in reversed(past.alerts) if a.kind == "opened"), past.alerts[0].created_at)
    for step in addressed.escalations:
        if now >= opened + step.after and not past.escalated.issuperset(step.to):
            return News(kind="escalated", changes=(_waited(step),), to=step.to)
    last = past.alerts[-1]
    if timing.reminder is not None and now >= last.created_at + timing.reminder:
        return News(kind="reminder", changes=("Nobody has acknowledged it yet.",))
    return None


def _waited(step: Escalation) -> str:
    minutes = int(step.after.total_seconds() // 60)
    return f"Nobody acknowledged it within {minutes} minutes."
