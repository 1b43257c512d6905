"""Whether people should hear of an incident now, and what is new: a pure function of what they were told before."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from alerts.config import Escalation, Timing
from alerts.headline import family
from alerts.routing import Addressed
from alerts.spread import Spread, spread
from model.finding import FindingStatus
from model.incident import Alert, AlertKind, Incident, IncidentStatus

_DAY = timedelta(days=1)
_LONGEST_HOLD = timedelta(hours=4)
_DOUBLINGS = 16
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
    return _changed(incident, past, last, timing, now) or _unanswered(incident, past, addressed, timing, now)


def _back(past: Past, timing: Timing, now: datetime) -> News | None:
    """A return; one that comes and goes is held back twice as long each time within a day."""
    ends = [alert.created_at for alert in past.alerts if alert.kind == "resolved"]
    times = sum(now - end < _DAY for end in ends)
    hold = min(timing.flap * 2 ** max(times - 1, 0), _LONGEST_HOLD)
    if times and now < ends[-1] + hold:
        return None
    again = f" It came back {times} times within a day." if times > 1 else ""
    return News(kind="opened", changes=(f"It was resolved, and is back.{again}",))


def _changed(incident: Incident, past: Past, last: Alert, timing: Timing, now: datetime) -> News | None:
    """Detectors that joined, a higher severity, further keys and addresses; all but a rise wait for the interval."""
    named = last.payload.get("detectors")
    known = {family(str(name)) for name in named} if isinstance(named, list) else set()
    told = [finding for finding in incident.findings if finding.status is not FindingStatus.MUTED]
    joined = sorted({finding.detector for finding in told if family(finding.detector) not in known})
    changes = [f"{name} joined." for name in joined]
    rose = incident.severity.rank > last.severity.rank
    if rose:
        changes.insert(0, f"The severity rose from {last.severity} to {incident.severity}.")
    before, reach = Spread.of(last, told), spread(told)
    further = reach.beyond(before)
    changes += [further] if further else []
    fresh = joined or _spread(incident, past, timing, now, before=before, reach=reach)
    if not rose and not (fresh and now >= last.created_at + timing.update):
        return None
    return News(kind="updated", changes=tuple(changes))


def _spread(incident: Incident, past: Past, timing: Timing, now: datetime, *, before: Spread, reach: Spread) -> bool:
    """Whether further keys and addresses are worth a word: each waits twice as long as the last, to four hours.

    Twice as many critical ones as were told do not wait. Whoever acknowledged it hears of critical ones only.
    """
    if incident.status is IncidentStatus.ACKNOWLEDGED and reach.critical <= before.critical:
        return False
    opened = max((n for n, alert in enumerate(past.alerts) if alert.kind == "opened"), default=0)
    words = sum(alert.kind == "updated" for alert in past.alerts[opened:])
    wait = min(timing.update * 2 ** min(words, _DOUBLINGS), max(_LONGEST_HOLD, timing.update))
    doubled = reach.critical >= 2 * before.critical and reach.critical > before.critical
    return bool(reach.beyond(before)) and (doubled or now >= past.alerts[-1].created_at + wait)


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
        told = [finding for finding in incident.findings if finding.status is not FindingStatus.MUTED]
        further = spread(told).beyond(Spread.of(last, told))
        return News(kind="reminder", changes=("Nobody has acknowledged it yet.", *([further] if further else [])))
    return None


def _waited(step: Escalation) -> str:
    minutes = int(step.after.total_seconds() // 60)
    return f"Nobody acknowledged it within {minutes} minutes."
