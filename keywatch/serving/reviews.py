"""Reports and reviews for the dashboard: the command line's own functions, with somebody's name."""

import io
import time
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

import pandas as pd

from dashboard.services import Change, Checked
from keywatch.noting import note_config
from keywatch.process import work
from keywatch.reporting.pseudonymous import TABLE
from keywatch.reporting.reviewing import close_review
from keywatch.reporting.taking import asked, make_report
from keywatch.serving import deciding
from keywatch.workspace import Workspace
from model.errors import ReportError, WorkspaceLocked
from reports import manifest, worksheet
from reports.sheets import text_of
from reports.verify import PROVES, verify
from store.state import audit, people
from store.state.reports import Made, made, report_frame

_PATIENCE: Final = 20.0
"""Seconds to wait for a round of `keywatch run` to end."""
_PAUSE: Final = 0.2
_NAMED: Final = ("owner", "reviewer", "new_owner")


@dataclass(frozen=True, slots=True)
class Reviewing:
    """`dashboard.services.Reviews` over a workspace."""

    workspace: Workspace

    def listed(self) -> pd.DataFrame:
        """Of each folder the newest alone: a report that was rendered again is no more."""
        with self.workspace.store.reading() as tx:
            return report_frame(tx).drop_duplicates("folder").reset_index(drop=True)

    def worksheet(self, report: str) -> pd.DataFrame:
        """The worksheet with a column `problem`."""
        folder = Path(self._made(report).folder)
        rows = worksheet.read(folder / worksheet.NAME)
        wrong = deciding.problems(rows, self._roster(folder), now=None)
        columns = [*worksheet.ROSTER, *worksheet.DECISION, "problem"]
        cells = [deciding.cells(row, columns, wrong) for row in rows]
        return pd.DataFrame(cells, columns=columns, dtype=object)

    def decide(self, report: str, changes: Sequence[Change], *, by: str, now: datetime) -> None:
        """All of them, or none. The row of the audit log is written first: it lets one in at a time."""
        one = self._made(report)
        path = Path(one.folder) / worksheet.NAME
        decided = {change.key_id: change.after["decision"] for change in changes}
        roster = self._roster(Path(one.folder))
        with self.workspace.store.transaction() as tx:
            detail = {"report": one.id, "keys": decided}
            audit.record(tx, at=now, actor=by, action="keys decided", subject=one.period, detail=detail)
            rows = worksheet.read(path)
            worksheet.write(path, deciding.merged(rows, changes, roster, by=by, now=now))

    def make(self, period: str, *, review: bool, by: str, now: datetime) -> str:
        """Render or open."""
        ask = replace(asked(self.workspace, period, now=now, review=review), by=by)
        with self._held():
            note_config(self.workspace, now)
            make_report(self.workspace, ask, now=now)
        with self.workspace.store.reading() as tx:
            return [one.id for one in made(tx) if one.folder == str(ask.folder)][-1]

    def close(self, report: str, *, by: str, now: datetime) -> str:
        """Check and seal."""
        one = self._made(report)
        with self._held():
            done = close_review(self.workspace, one.folder, by=by, now=now)
        return f"Closed: {done.keys:,} keys were decided, {done.to_do:,} decisions ask for something to be done."

    def decisions(self, report: str) -> pd.DataFrame:
        """The rows of review.csv."""
        path = Path(self._made(report).folder) / "review.csv"
        try:
            frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
        except (OSError, ValueError) as error:
            msg = f"{path} cannot be read: {error}."
            raise ReportError(msg, hint="Take the folder from a copy, and verify it.") from None
        with self.workspace.store.reading() as tx:
            stands = people.stands_for(tx)
        frame = frame.map(text_of)
        return frame.assign(**{name: frame[name].map(lambda word: stands.get(word, word)) for name in _NAMED})

    def verify(self, report: str) -> Checked:
        """Whether the files are what was sealed."""
        found = verify(Path(self._made(report).folder))
        by = f"signed by the key {found.signed_by}" if found.signed_by else "listed, and nobody signed them"
        return Checked(
            faults=found.faults,
            told=f"The report is whole: its {found.files} files are as they were {by}. {PROVES}",
        )

    def packed(self, report: str, *, people: bool, by: str, now: datetime) -> bytes:
        """The files, the pseudonyms' table only with `people`; noted before they are given."""
        one = self._made(report)
        folder = Path(one.folder)
        manifest.read(folder)
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
            for path in sorted(folder.iterdir()):
                if path.is_file() and not path.name.startswith(".") and (people or path.name != TABLE):
                    file.write(path, f"{folder.name}/{path.name}")
        with self.workspace.store.transaction() as tx:
            detail = {"report": one.id, "people": people}
            audit.record(tx, at=now, actor=by, action="report downloaded", subject=one.period, detail=detail)
        return packed.getvalue()

    def _made(self, report: str) -> Made:
        with self.workspace.store.reading() as tx:
            found = [one for one in made(tx) if one.id == report]
        if not found:
            msg = f"There is no report {report}."
            raise ReportError(msg, hint="The page of reports lists those that were made.")
        return found[0]

    def _roster(self, folder: Path) -> deciding.Roster:
        with self.workspace.store.reading() as tx:
            names = people.stands_for(tx)
        return deciding.roster(folder, names)

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Hold the workspace as the command line does, after a round of `keywatch run` if one is on."""
        until = time.monotonic() + _PATIENCE
        with ExitStack() as stack:
            while True:
                try:
                    stack.enter_context(self.workspace.lock(work.REPORT))
                    break
                except WorkspaceLocked:
                    if time.monotonic() > until:
                        raise
                    time.sleep(_PAUSE)
            yield
