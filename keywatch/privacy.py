"""What is known of a person, an address or a key, handed out; and a person taken out of state and reports."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from keywatch.noting import note
from keywatch.pseudonymous import TABLE
from keywatch.workspace import Workspace
from model.actor import actor
from model.errors import UsageError
from reports.manifest import read
from reports.sheets import text_of
from reports.worksheet import NAME
from store.queries.requests import latest
from store.state import audit, inventory, mentions, people, reports, segments

_ALL: Final = 10_000_000
"""Events of one person or key that are handed out at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What an erasure changed."""

    stand_in: str
    """What stands in its place now."""
    rows: Mapping[str, int]
    """Table of the state to changed rows."""
    files: tuple[str, ...]
    """Files beside sealed reports that were changed, and unsealed reports that were removed."""
    in_log: int
    """Rows of the audit log that name the person and stay."""


def export(workspace: Workspace, value: str, *, at: datetime) -> Iterator[dict[str, object]]:
    """Every row of the state that mentions the value, then its events if it is a key or an address.

    Each is `{"table": name, **row}`; the handing out is noted in the audit log.
    """
    note(workspace, "privacy exported", "by key" if _refs(workspace, value) else "by value", at=at)
    with workspace.store.reading() as tx:
        for table, row in mentions.mentions(tx, value):
            yield {"table": table, **row}
        span = segments.span(tx)
    refs = _refs(workspace, value)
    if span is None or not (refs or _is_address(value)):
        return
    with workspace.store.reader(span) as reader:
        found = latest(reader, span, key_refs=refs or None, ip=None if refs else value, limit=_ALL)
    for event in found.astype(object).where(found.notna(), None).to_dict("records"):
        yield {"table": "events", **{str(name): one for name, one in event.items()}}


def erase(workspace: Workspace, person: str, *, at: datetime) -> Erased:
    """Take a person out of the state, and out of what lies beside and in reports; sealed files stay as they are.

    In the state a pseudonym takes the person's place, and nothing says any more whose it is. Sealed reports hold
    pseudonyms anyway; people.csv and worksheet.csv beside them lose the person, and rendered reports that name the
    person are removed. The audit log keeps who did what: it is evidence, and a changed row would break its chain.
    Raises UsageError for an address or a key: events are kept whole, and go with their retention.
    """
    if not person.strip() or _is_address(person) or _refs(workspace, person):
        msg = f"{person!r} is no person."
        hint = "Addresses and keys stand in events, which only retention drops; [privacy] addresses keeps less of them."
        raise UsageError(msg, hint=hint)
    with workspace.store.transaction() as tx:
        stand_in = people.pseudonyms(tx, "person", [person], at)[person]
        rows = mentions.replace(tx, person, stand_in)
        people.erase(tx, person, at)
        in_log = sum(table == "audit_log" for table, _ in mentions.mentions(tx, person))
        folders = [(Path(one.folder), one.stage) for one in reports.made(tx)]
        files = tuple(name for folder, stage in folders for name in _from_files(folder, stage, person, stand_in))
        detail = {"rows": rows, "files": len(files)}
        audit.record(tx, at=at, actor=actor(), action="privacy erased", subject=stand_in, detail=detail)
    return Erased(stand_in=stand_in, rows=rows, files=files, in_log=in_log)


def _from_files(folder: Path, stage: str, person: str, stand_in: str) -> Iterator[str]:
    if not folder.is_dir():
        return
    if stage == "rendered":
        yield from _remove(folder, person)
        return
    for name in (TABLE, NAME):
        path = folder / name
        if path.exists() and _without(path, person, None if name == TABLE else stand_in):
            yield str(path)


def _remove(folder: Path, person: str) -> Iterator[str]:
    names = [str(file["name"]) for file in read(folder)["files"]] if (folder / "manifest.json").exists() else []
    paths = [folder / Path(name).name for name in (*names, "manifest.json", "manifest.json.sig", "lines.sha256")]
    there = [path for path in paths if path.is_file()]
    if any(person.encode() in path.read_bytes() for path in there):
        for path in there:
            path.unlink()
        yield str(folder)


def _without(path: Path, person: str, stand_in: str | None) -> bool:
    """Rewrite a CSV without the person: its row goes, or its name becomes `stand_in`. False when it is not in it."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    kept = [
        [stand_in if stand_in and text_of(cell) == person else cell for cell in row]
        for row in rows
        if stand_in or person not in map(text_of, row)
    ]
    if kept == rows:
        return False
    draft = path.with_suffix(".draft")
    draft.touch(mode=0o600)
    with draft.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(kept)
    draft.replace(path)
    return True


def _refs(workspace: Workspace, value: str) -> list[str]:
    """The references of the key of that id or name; none when there is no such key."""
    with workspace.store.reading() as tx:
        found = inventory.find_key(tx, value)
        if found is None:
            return []
        frame = inventory.ref_frame(tx)
    return list(frame.loc[frame["key_id"] == found.key_id, "key_ref"])


def _is_address(value: str) -> bool:
    try:
        ip_address(value)
    except ValueError:
        return False
    return True
