"""Whether the audit log is whole, by itself and by the checkpoints that reports took along."""

import json
from collections.abc import Iterable
from pathlib import Path

from model.errors import ReportError
from store.handle import Transaction
from store.state import chain, reports
from store.state.audit import Checkpoint
from store.state.chain import Known, Verdict


def checked(tx: Transaction, folders: Iterable[Path] = ()) -> tuple[Verdict, int]:
    """What is wrong with the log, and by how many checkpoints it was checked.

    Those of the workspace's reports are taken anyway; `folders` are reports that were kept elsewhere. Raises
    ReportError for one of them without a checkpoint.
    """
    kept = [_known(Path(one.folder)) for one in reports.made(tx)]
    known = [one for one in kept if one is not None] + [_needed(folder) for folder in folders]
    return chain.check(tx, known), len(known)


def told(found: Verdict, known: int) -> list[str]:
    """What is said of a log that is whole."""
    if found.last is None:
        return ["The audit log is empty."]
    old = f" The first {found.without_key:,} are from before it had a key." if found.without_key else ""
    kept_by = f"{known:,} of its checkpoints were kept by reports and agree" if known else "no report kept one"
    return [
        f"The audit log is whole: {found.rows:,} rows; {kept_by}.{old}",
        f"The newest is row {found.last.seq}: {found.last.hash}",
    ]


def _known(folder: Path) -> Known | None:
    """The checkpoint in a report's manifest; None when it has none or is not there any more."""
    try:
        found = json.loads((folder / "manifest.json").read_bytes()).get("audit_log")
        mark = Checkpoint(seq=int(found["seq"]), hash=str(found["hash"])) if found else None
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
    return Known(checkpoint=mark, where=str(folder)) if mark else None


def _needed(folder: Path) -> Known:
    found = _known(folder)
    if found is None:
        msg = f"{folder} holds no checkpoint of the audit log."
        raise ReportError(msg, hint="Name the folder of a report that was made when the log had a row.")
    return found
