"""Quiet hours: when an alert that comes within them leaves."""

from datetime import UTC, datetime, timedelta

from alerts.config import Quiet
from model.finding import Severity


def leaves_at(quiet: Quiet | None, severity: Severity, now: datetime) -> datetime:
    """`now`, or the end of the quiet hours that `now` lies in; critical alerts never wait.

    Times are the zone's wall clock, so a night is an hour longer or shorter when the clocks change.
    """
    if quiet is None or severity is Severity.CRITICAL:
        return now
    local = now.astimezone(quiet.zone)
    for day in (local.date() - timedelta(days=1), local.date()):
        begin = datetime.combine(day, quiet.begin, quiet.zone)
        end = datetime.combine(day + timedelta(days=int(quiet.end <= quiet.begin)), quiet.end, quiet.zone)
        if day.weekday() in quiet.days and begin.astimezone(UTC) <= now < end.astimezone(UTC):
            return end.astimezone(UTC)
    return now
