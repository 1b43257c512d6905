"""Which reports were made."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from model.window import Window
from store.state.schema import ReportRow

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = ("id", "period", "since", "until", "made_at", "folder", "files")


def save_report(
    tx: Session,
    *,
    report: str,
    period: str,
    window: Window,
    made_at: datetime,
    folder: str,
    files: dict[str, str],
) -> None:
    """Remember a report; `files` maps each file's name to its SHA-256."""
    tx.add(
        ReportRow(
            id=report,
            period=period,
            since=window.since,
            until=window.until,
            made_at=made_at,
            folder=folder,
            files=files,
        ),
    )


def report_frame(tx: Session) -> "pd.DataFrame":
    """The reports, the newest first: id, period, since, until, made_at, folder, files."""
    import pandas as pd

    rows = [
        [getattr(row, name) for name in _COLUMNS]
        for row in tx.scalars(select(ReportRow).order_by(ReportRow.made_at.desc()))
    ]
    return pd.DataFrame(rows, columns=list(_COLUMNS))
