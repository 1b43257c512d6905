"""What changed since the sealed report before: read from its own files, which must be what its manifest says."""

import csv
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from model.errors import ReportError
from reports import manifest
from reports.records import KeyEntry
from reports.sheets import cell, text_of
from reports.snapshot import Snapshot
from reports.told import is_open
from reports.trail import KeyChange, Promise, SinceLast

_FIELDS: Final = ("owner", "environment", "state", "scopes", "rotated_at", "expires_at", "rotation", "excused")
_ENDED: Final = frozenset({"revoked", "expired", "removed", "inactive"})
_ASKING: Final = frozenset({"rotate", "revoke", "reassign"})
"""Decisions after which something has to be done."""


_LATER: Final = ("exceptions.csv", "rotations.csv")
"""Files that reports of earlier versions lack."""


def compare(folder: Path, sha256: str, snapshot: Snapshot, names: Mapping[str, str]) -> SinceLast:
    """The difference to the report in `folder`, whose manifest had that SHA-256; `names` are those of pseudonyms."""
    try:
        _check(folder, sha256)
        earlier = {row["id"] for row in _rows(folder / "findings.csv") if is_open(row["status"])}
        keys = tuple(_keys(folder, snapshot, names))
        promises = tuple(_promises(folder, snapshot, names))
        excused = {row["id"] for row in _optional(folder, "exceptions.csv") if row["state"] == "in force"}
        before = {
            (text_of(row["old"]), text_of(row["new"])): row["state"] for row in _optional(folder, "rotations.csv")
        }
    except ReportError as error:
        return SinceLast(unreadable=error.what)
    except (OSError, KeyError, UnicodeError, csv.Error) as error:
        return SinceLast(unreadable=f"The report before, in {folder}, cannot be read: {error}.")
    held = {one.id for one in snapshot.exceptions if one.state == "in force"}
    done = {(one.old, one.new) for one in snapshot.rotations if one.state == "completed"}
    now = {finding.id for finding in snapshot.findings if is_open(finding.status)}
    return SinceLast(
        keys=keys,
        findings_new=len(now - earlier),
        findings_gone=len(earlier - now),
        findings_standing=len(now & earlier),
        exceptions_new=len(held - excused),
        exceptions_over=len(excused - held),
        rotations_begun=len({(one.old, one.new) for one in snapshot.rotations} - before.keys()),
        rotations_completed=sum(before.get(pair) != "completed" for pair in done),
        promises=promises,
    )


def _check(folder: Path, sha256: str) -> None:
    found = manifest.read(folder)
    listed = {str(file["name"]): file["sha256"] for file in found["files"]}
    needed = ["keys.csv", "findings.csv", *(name for name in _LATER if name in listed)]
    wanted = {manifest.REPORT.manifest: sha256, **{name: listed.get(name) for name in needed}}
    for name, digest in wanted.items():
        if hashlib.sha256((folder / name).read_bytes()).hexdigest() != digest:
            msg = f"The report before, in {folder}, was changed: {name} is not what it was."
            raise ReportError(msg, hint="keywatch report verify names the line.")


def _keys(folder: Path, snapshot: Snapshot, names: Mapping[str, str]) -> Iterator[KeyChange]:
    now = {key.key_id: key for key in snapshot.keys}
    seen = set()
    for row in _rows(folder / "keys.csv"):
        key_id, name = text_of(row["key_id"]), text_of(row["name"]) or None
        seen.add(key_id)
        key = now.get(key_id)
        if key is None:
            yield KeyChange(key_id=key_id, name=name, what="gone")
            continue
        for field in _FIELDS:
            if field not in row:
                continue  # of an earlier version
            before, after = text_of(row[field]), _now(key, field)
            before = names.get(before, before) if field == "owner" else before
            if before != after:
                yield KeyChange(key_id=key_id, name=key.name, what=field, before=before or None, after=after or None)
    for key in snapshot.keys:
        if key.key_id not in seen:
            yield KeyChange(key_id=key.key_id, name=key.name, what="new")


def _now(key: KeyEntry, field: str) -> str:
    """As the file would have it."""
    return text_of(str(cell(getattr(key, field))))


def _promises(folder: Path, snapshot: Snapshot, names: Mapping[str, str]) -> Iterator[Promise]:
    path = folder / "review.csv"
    if not path.exists():
        return
    now = {key.key_id: key for key in snapshot.keys}
    for row in _rows(path):
        if row["decision"] in _ASKING:
            key = now.get(text_of(row["key_id"]))
            yield Promise(
                key_id=text_of(row["key_id"]),
                name=text_of(row["name"]) or None,
                decision=row["decision"],
                due=row["due"] or None,
                done=key is None or _done(key, row, names),
            )


def _done(key: KeyEntry, row: Mapping[str, str], names: Mapping[str, str]) -> bool:
    if key.state in _ENDED:
        return True
    if row["decision"] == "reassign":
        wanted = text_of(row["new_owner"])
        return key.owner == names.get(wanted, wanted)
    fresh = max((at for at in (key.rotated_at, key.created_at) if at), default=None)
    return row["decision"] == "rotate" and fresh is not None and f"{fresh:%Y-%m-%d}" >= row["reviewed_on"]


def _optional(folder: Path, name: str) -> Iterator[dict[str, str]]:
    if (folder / name).exists():
        yield from _rows(folder / name)


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
