"""A person, an address or a key taken out of state, events and what lies beside reports; no seal breaks by it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from keywatch.privacy.files import forget_in_files, naming
from keywatch.privacy.subject import DataSubject, data_subject
from keywatch.workspace import Workspace
from model.actor import actor
from store import day_files
from store.events.erasing import Swap
from store.handle import Transaction
from store.state import audit, mentions, people, reports
from store.state.erasing import rename_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What an erasure changed."""

    kind: str
    """`person`, `address` or `key`."""
    stand_in: str | None
    """What stands in its place now; None: nothing knew of it."""
    rows: Mapping[str, int]
    """Table of the state to changed rows."""
    segments: int
    """Segments of events that were written anew without it."""
    files: tuple[str, ...]
    """Files beside sealed reports that were changed, and unsealed reports that were removed."""
    in_log: int
    """Rows of the audit log that name it and stay."""
    sealed: tuple[str, ...]
    """Folders of sealed reports that name a key and stay; people and addresses are pseudonyms there."""


def erase(workspace: Workspace, text: str, *, at: datetime) -> Erased:
    """Take a person, an address or a key out; a pseudonym takes its place, and nothing says any more whose it is.

    Counts stay what they were. Segments of events come first, file by file, and the state last, in one transaction: an
    erasure that died on its way is ended by the next one. Sealed reports hold pseudonyms of people and addresses
    anyway; people.csv and worksheet.csv beside them lose it, and rendered reports that name it are removed. The audit
    log keeps who did what: it is evidence, and a changed row would break its chain. An address's network (/24, or /48)
    stays: many share it. The caller holds the workspace's lock. Raises UsageError for an empty text and a network.
    """
    subject = data_subject(workspace, text)
    with workspace.store.transaction() as tx:
        stand_in = people.pseudonyms(tx, subject.kind, [subject.name], at)[subject.name]
    segments = workspace.store.events.erase(_swap(subject, stand_in))
    with workspace.store.transaction() as tx:
        rows = _from_state(tx, subject, stand_in)
        for name in subject.names:
            people.erase(tx, name, at)
        in_log = sum(table == "audit_log" for table, _ in mentions.mentions(tx, subject.names))
        folders = [(Path(one.folder), one.stage) for one in reports.made(tx)]
        files = tuple(forget_in_files(folders, subject, stand_in))
        detail = {"kind": subject.kind, "rows": rows, "segments": segments, "files": len(files)}
        known = bool(rows or segments or files)
        if not known:
            people.give_back(tx, stand_in)
        subject_of_row = stand_in if known else "nothing"
        audit.record(tx, at=at, actor=actor(), action="privacy erased", subject=subject_of_row, detail=detail)
    day_files.forget_all(workspace.store.events.scratch)
    return Erased(
        kind=subject.kind,
        stand_in=stand_in if known else None,
        rows=rows,
        segments=segments,
        files=files,
        in_log=in_log,
        sealed=tuple(naming(folders, subject)),
    )


def _swap(subject: DataSubject, stand_in: str) -> Swap:
    return Swap(refs=subject.refs, ref=f"id:{stand_in}", addresses=subject.addresses, address=stand_in)


def _from_state(tx: Transaction, subject: DataSubject, stand_in: str) -> dict[str, int]:
    rows: dict[str, int] = {}
    if subject.kind == "key":
        rows = rename_key(tx, subject.key_id, subject.refs, stand_in)
    for name in subject.names:
        stands = f"id:{stand_in}" if name in subject.refs else stand_in
        for table, count in mentions.replace(tx, name, stands).items():
            rows[table] = rows.get(table, 0) + count
    return rows
