"""Writes a report's files: into a folder beside the final one first, so that nobody ever sees half a report."""

import hashlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from model.errors import ReportError
from reports.document import document, encode
from reports.page import page
from reports.sheets import sheets
from reports.snapshot import Snapshot
from reports.texts import iso

MANIFEST: Final = "manifest.json"
MANIFEST_SCHEMA: Final = "keywatch.manifest/1"
SIGNATURE: Final = "manifest.json.sig"
"""A report that has one is sealed: it is never written over."""

Files = Mapping[str, tuple[bytes, int | None]]
"""File name to its bytes and its rows; None where a file has no rows."""


def render(snapshot: Snapshot, folder: Path) -> dict[str, str]:
    """Write the files of a report into `folder`; returns each file's name and its SHA-256, the manifest's last.

    The files are report.html, keys.csv, findings.csv, alerts.csv, report.json and manifest.json, readable by their
    owner only. The same snapshot gives the same bytes. An unsealed report in `folder` is replaced, and other
    files there stay. Raises ReportError when the folder cannot be written or holds a sealed report.
    """
    contents = files(snapshot)
    try:
        _publish({name: data for name, (data, _) in contents.items()}, folder)
    except OSError as error:
        msg = f"The report cannot be written to {folder}: {error.strerror or error}."
        raise ReportError(msg, hint="Name a folder that you may write to with -o.") from error
    return {name: hashlib.sha256(data).hexdigest() for name, (data, _) in contents.items()}


def files(snapshot: Snapshot) -> Files:
    """All files of a report by name, the manifest last; nothing is written."""
    made: dict[str, tuple[bytes, int | None]] = {"report.html": (page(snapshot), None)}
    made |= sheets(snapshot)
    made["report.json"] = (encode(document(snapshot)), None)
    return {**made, MANIFEST: (encode(_manifest(snapshot, made)), None)}


def _manifest(snapshot: Snapshot, made: Files) -> dict[str, object]:
    cover = snapshot.cover
    return {
        "schema": MANIFEST_SCHEMA,
        "report_id": cover.report_id,
        "period": cover.period,
        "since": iso(cover.since),
        "until": iso(cover.until),
        "generated_at": iso(cover.generated_at),
        "generated_by": cover.generated_by,
        "tool_version": cover.tool_version,
        "config_hash": cover.config_hash,
        "files": [
            {"name": name, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data), "rows": rows}
            for name, (data, rows) in sorted(made.items())
        ],
    }


def _publish(contents: Mapping[str, bytes], folder: Path) -> None:
    if (folder / SIGNATURE).exists():
        msg = f"{folder} holds a sealed report."
        raise ReportError(msg, hint="Name another folder with -o; a sealed report is never changed.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    inside = folder.is_dir() and any(folder.iterdir())
    # A sibling of where the files go, so that renaming moves no bytes.
    with tempfile.TemporaryDirectory(dir=folder if inside else folder.parent, prefix=".keywatch-report-") as made:
        draft = Path(made) / "files"
        draft.mkdir(mode=0o700)
        for name, data in contents.items():
            _write(draft / name, data)
        if inside:
            for name in contents:  # the manifest comes last: until then it does not fit, and says so
                (draft / name).replace(folder / name)
        else:
            draft.replace(folder)


def _write(path: Path, data: bytes) -> None:
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
