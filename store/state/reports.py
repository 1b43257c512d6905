"""Which reports were made, which of them are open for review, and how far the schedules are."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from model.window import Window
from store.state.schema import ReportRow, ScheduleRow
from store.state.writing import changed, insert_new

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = ("id", "period", "stage", "since", "until", "made_at", "closed_at", "decisions", "folder", "files")


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A report that was made."""

    id: str
    period: str
    stage: str
    """`rendered`, `open` or `closed`."""
    made_at: datetime
    closed_at: datetime | None
    reminded_at: datetime | None
    decisions: int
    """Keys that its review decides about."""
    folder: str
    files: Mapping[str, str]
    """File name to SHA-256."""


def save_report(
    tx: Session,
    *,
    report: str,
    period: str,
    window: Window,
    made_at: datetime,
    folder: str,
    files: dict[str, str],
    stage: str = "rendered",
    decisions: int = 0,
) -> None:
    """Remember a report, or where it was made anew; `files` maps each file's name to its SHA-256."""
    tx.merge(
        ReportRow(
            id=report,
            period=period,
            since=window.since,
            until=window.until,
            made_at=made_at,
            folder=folder,
            files=files,
            stage=stage,
            decisions=decisions,
        ),
    )


def close_report(tx: Session, folder: str, *, at: datetime, files: Mapping[str, str]) -> Made | None:
    """Mark the open review in a folder as closed, with its files; None when it is not known here."""
    row = tx.scalars(_open().where(ReportRow.folder == folder)).first()
    if row is None:
        return None
    row.stage, row.closed_at, row.files = "closed", at, {**row.files, **files}
    tx.flush()
    return _made(row)


def reminded(tx: Session, report: str, at: datetime) -> None:
    """Somebody was told that the review is still open."""
    tx.execute(update(ReportRow).where(ReportRow.id == report).values(reminded_at=at))


def open_reviews(tx: Session) -> list[Made]:
    """The reviews that nobody closed, the oldest first."""
    return [_made(row) for row in tx.scalars(_open())]


def sealed(tx: Session) -> list[Made]:
    """The reports that were opened for review, closed ones among them, the oldest first."""
    query = select(ReportRow).where(ReportRow.stage != "rendered").order_by(ReportRow.made_at, ReportRow.id)
    return [_made(row) for row in tx.scalars(query)]


def made(tx: Session) -> list[Made]:
    """All reports, the oldest first."""
    return [_made(row) for row in tx.scalars(select(ReportRow).order_by(ReportRow.made_at, ReportRow.id))]


def report_frame(tx: Session) -> "pd.DataFrame":
    """The reports, the newest first: id, period, stage, since, until, made_at, closed_at, decisions, folder, files."""
    import pandas as pd

    rows = [
        [getattr(row, name) for name in _COLUMNS]
        for row in tx.scalars(select(ReportRow).order_by(ReportRow.made_at.desc()))
    ]
    return pd.DataFrame(rows, columns=list(_COLUMNS)).astype(object)


def schedule(tx: Session, name: str, *, begun: datetime) -> datetime:
    """Up to when the reports of a schedule have been made; `begun` when it is seen for the first time."""
    insert_new(tx, ScheduleRow, {"name": name, "until": begun})
    return tx.scalars(select(ScheduleRow.until).where(ScheduleRow.name == name)).one()


def advance(tx: Session, name: str, *, before: datetime, until: datetime) -> bool:
    """Say that the schedule's reports are made up to `until`. False when somebody else has said so: give up."""
    done = tx.execute(
        update(ScheduleRow)
        .where(ScheduleRow.name == name, ScheduleRow.until == before)
        .values(until=until)
        .execution_options(synchronize_session=False)
    )
    return changed(done) == 1


def _open() -> Select[ReportRow]:
    return select(ReportRow).where(ReportRow.stage == "open").order_by(ReportRow.made_at, ReportRow.id)


def _made(row: ReportRow) -> Made:
    return Made(
        id=row.id,
        period=row.period,
        stage=row.stage,
        made_at=row.made_at,
        closed_at=row.closed_at,
        reminded_at=row.reminded_at,
        decisions=row.decisions,
        folder=row.folder,
        files=row.files,
    )
