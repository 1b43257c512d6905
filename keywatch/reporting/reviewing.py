"""Closes a review from the command line: checks the worksheet, seals the decisions, notes it in the audit log."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from keywatch.reporting.pseudonymous import TABLE, mask_of
from keywatch.reporting.signing import signing_key
from keywatch.workspace import Workspace
from model.actor import actor
from model.errors import ReportError
from reports import closing, manifest, worksheet
from reports.sheets import sheet, text_of
from reports.verify import verify
from store.state import audit, people
from store.state.reports import close_report, open_reviews


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """A review that was closed."""

    folder: Path
    keys: int
    to_do: int
    """Decisions that ask for something to be done."""


def close_review(
    workspace: Workspace, which: str | None, *, sheet_path: Path | None = None, by: str | None = None, now: datetime
) -> Closed:
    """Close the review that `which` names: its period or its folder; None: the only one that is open.

    The worksheet is the one in its folder unless `sheet_path` names another; `by` is whoever runs the program unless
    it names somebody else. Raises ReportError.
    """
    by = by or actor()
    folder = _folder(workspace, which)
    with workspace.store.reading() as tx:
        names = people.stands_for(tx)
    if (already := _sealed_before(workspace, folder, by, now)) is not None:
        return already
    review = closing.opened(folder, names)
    decisions = closing.judged(review, worksheet.read(sheet_path or folder / worksheet.NAME), now=now)
    named = {name for one in decisions for name in (one.owner, one.reviewer, one.new_owner) if name} | {by}
    with workspace.store.transaction() as tx:
        known = mask_of(tx, named, [one.rationale for one in decisions], now)
        stands = people.stands_for(tx)
    _extend(folder / TABLE, {name: stands[name] for name in known.used if name in stands})
    key = signing_key(workspace)
    files = closing.seal(review, decisions, mask=known.mask, closed_by=by, now=now, key=key)
    to_do = sum(one.due is not None for one in decisions)
    with workspace.store.transaction() as tx:
        close_report(tx, str(folder), at=now, files=files)
        detail = {"closing": files["closing.json"], "keys": len(decisions), "to_do": to_do}
        audit.record(
            tx, at=now, actor=by, action="report closed", subject=str(review.manifest["period"]), detail=detail
        )
    return Closed(folder=folder, keys=len(decisions), to_do=to_do)


def _sealed_before(workspace: Workspace, folder: Path, by: str, now: datetime) -> Closed | None:
    """A close that died after it sealed the files and before the state heard of it is brought to its end."""
    with workspace.store.reading() as tx:
        waits = any(one.folder == str(folder) for one in open_reviews(tx))
    if not waits or manifest.stage(folder) != "closed" or verify(folder).faults:
        return None
    found = manifest.read(folder, manifest.CLOSING)
    digest = hashlib.sha256((folder / manifest.CLOSING.manifest).read_bytes()).hexdigest()
    counts = found["decisions"]
    keys = sum(counts.values())
    to_do = keys - counts.get("keep", 0)
    with workspace.store.transaction() as tx:
        close_report(tx, str(folder), at=now, files={manifest.CLOSING.manifest: digest})
        detail = {"closing": digest, "keys": keys, "to_do": to_do}
        audit.record(tx, at=now, actor=by, action="report closed", subject=found["period"], detail=detail)
    return Closed(folder=folder, keys=keys, to_do=to_do)


def _folder(workspace: Workspace, which: str | None) -> Path:
    with workspace.store.reading() as tx:
        waiting = open_reviews(tx)
    if which is None:
        if len(waiting) == 1:
            return Path(waiting[0].folder)
        listed = ", ".join(one.period for one in waiting) or "none"
        msg = f"Which review? Open: {listed}."
        raise ReportError(msg, hint="Name its period or its folder.")
    mine = [one for one in waiting if one.period == which]
    return Path(mine[-1].folder) if mine else Path(which).absolute()


def _extend(path: Path, stands: dict[str, str]) -> None:
    """The people of a review join those of its report in the table beside it."""
    import csv

    known: dict[str, str] = {}
    if path.exists():
        with path.open(encoding="utf-8", newline="") as file:
            known = {row["pseudonym"]: text_of(row["value"]) for row in csv.DictReader(file)}
    rows = [(name, name.partition("-")[0], value) for name, value in sorted((known | stands).items(), key=_order)]
    draft = path.with_suffix(".draft")
    draft.touch(mode=0o600)
    draft.write_bytes(b"".join(sheet(("pseudonym", "kind", "value"), rows)))
    draft.replace(path)


def _order(pair: tuple[str, str]) -> tuple[str, int]:
    kind, _, number = pair[0].partition("-")
    return kind, int(number)
