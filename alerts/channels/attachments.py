"""The files of a report that an alert may carry: only those of its kind, unchanged, and not too large for mail."""

import hashlib
from pathlib import Path
from typing import Final

from model.incident import Alert

NAMES: Final = ("report.html", "report.pdf", "manifest.json", "manifest.json.sig")
"""What is attached; an alert that names another file does not get it."""
LARGEST: Final = 10 << 20
"""Bytes of all together; many mail servers refuse more than 10 to 25 MB."""


def attachments(alert: Alert) -> list[str]:
    """Paths of the files that still have the SHA-256 that the alert was written with; none for other alerts."""
    report = alert.payload.get("report")
    if alert.kind != "report" or not isinstance(report, dict):
        return []
    files, folder = report.get("files"), report.get("folder")
    if not (isinstance(files, dict) and isinstance(folder, str)):
        return []
    found, room = [], LARGEST
    for name in NAMES:
        path = Path(folder) / name
        data = _read(path, room) if name in files else None
        if data is not None and hashlib.sha256(data).hexdigest() == files[name]:
            found.append(str(path))
            room -= len(data)
    return found


def _read(path: Path, room: int) -> bytes | None:
    try:
        return path.read_bytes() if path.stat().st_size <= room else None
    except OSError:
        return None
