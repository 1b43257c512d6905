"""Reports that `keywatch run` makes by itself: once for each period, missed ones too, and reminders of open reviews."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from keywatch.alerting.addressing import zone_of
from keywatch.config.reports import ScheduleConfig
from keywatch.reporting.posting import announce, remind, reminder_after
from keywatch.reporting.taking import Ask, make_report
from keywatch.workspace import Workspace
from model.errors import Fenced, KeywatchError
from model.window import Window
from reports.snapshot import Snapshot
from store.handle import Transaction
from store.state import reports as made

_MONTHS = {"month": 1, "quarter": 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A stretch of local days that is over."""

    label: str
    """`2026-W47`, `2026-11` or `2026-Q4`."""
    window: Window
    due: datetime
    """When its report is to be made."""


def make_due(workspace: Workspace, now: datetime) -> tuple[list[str], list[str]]:
    """Make the oldest report of each schedule that is due, and remind of reviews; returns what was done, and errors.

    One a schedule at a time, so that a long absence does not hold up the logs: the next round makes the next. The
    caller holds the workspace's lock.
    """
    done: list[str] = []
    errors: list[str] = []
    for schedule in workspace.config.reports.schedule:
        try:
            done += _make(workspace, schedule, now)
        except KeywatchError as error:
            errors.append(f"The report of every {schedule.every} was not made: {error}")
    try:
        done += remind(workspace, now, every=reminder_after(workspace))
    except KeywatchError as error:
        errors.append(str(error))
    return done, errors


def periods(schedule: ScheduleConfig, zone: ZoneInfo, since: datetime) -> Iterator[Period]:
    """The periods that end after a moment, one after the other, without end."""
    begin = _begin(schedule.every, since.astimezone(zone).date())
    while True:
        end = _next(schedule.every, begin)
        window = Window(since=_midnight(begin, zone), until=_midnight(end, zone))
        if window.until > since:
            due = datetime.combine(end, schedule.at, zone).astimezone(UTC)
            yield Period(label=_label(schedule.every, begin), window=window, due=due)
        begin = end


def _make(workspace: Workspace, schedule: ScheduleConfig, now: datetime) -> list[str]:
    zone = zone_of(schedule.zone, "[[reports.schedule]] zone")
    name = f"{schedule.every} {schedule.zone} {'review' if schedule.review else 'report'}"
    with workspace.store.transaction() as tx:
        before = made.schedule(tx, name, begun=_midnight(_begin(schedule.every, now.astimezone(zone).date()), zone))
        known = {one.folder for one in made.made(tx)}
    period = next(periods(schedule, zone, before))
    if now < period.due:
        return []
    folder = workspace.root / "reports" / f"{period.label}-{'review' if schedule.review else 'report'}"

    def also(tx: Transaction, snapshot: Snapshot, files: dict[str, str]) -> None:
        if not made.advance(tx, name, before=before, until=period.window.until):
            msg = f"Somebody else has made the report {period.label} meanwhile."
            raise Fenced(msg, hint="Nothing was remembered of this one.")
        announce(tx, workspace, ask, snapshot, files, to=schedule.to, now=now)

    ask = Ask(
        period=period.label if schedule.zone == "UTC" else f"{period.label} ({schedule.zone})",
        window=period.window,
        folder=folder,
        review=schedule.review,
        by="keywatch",
        anew=str(folder) not in known,
    )
    make_report(workspace, ask, now=now, also=also)
    return [f"report {ask.period} made"]


def _begin(every: str, day: date) -> date:
    """The first day of the period that a day is in."""
    if every == "week":
        return day - timedelta(days=day.weekday())
    months = _MONTHS[every]
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def _next(every: str, begin: date) -> date:
    if every == "week":
        return begin + timedelta(days=7)
    month = begin.month - 1 + _MONTHS[every]
    return date(begin.year + month // 12, month % 12 + 1, 1)


def _label(every: str, begin: date) -> str:
    if every == "week":
        year, week, _ = begin.isocalendar()
        return f"{year}-W{week:02d}"
    return f"{begin:%Y-%m}" if every == "month" else f"{begin.year}-Q{(begin.month - 1) // 3 + 1}"


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
