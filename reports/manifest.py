"""The manifest: a report's files with their SHA-256, and the signature over it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from model.errors import ReportError
from reports import lines, signing
from reports.document import encode
from reports.draft import Draft
from reports.parts import Part, Written

SCHEMA: Final = "keywatch.manifest/2"
PUBLIC_KEY: Final = "public-key.pem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """The names of the files that close a set of files."""

    manifest: str
    signature: str
    lines: str
    """Digests of all lines, to find a change; see `reports.lines`."""


REPORT: Final = Seal(manifest="manifest.json", signature="manifest.json.sig", lines="lines.sha256")
"""Of the report itself."""
CLOSING: Final = Seal(manifest="closing.json", signature="closing.json.sig", lines="closing.lines.sha256")
"""Of the report together with its review."""
BESIDE: Final = ("people.csv", "worksheet.csv")
"""Files that lie beside a sealed report and are not part of it: they may change, and be erased."""


def close(
    draft: Draft,
    seal: Seal,
    head: Mapping[str, object],
    key: signing.SigningKey | None,
    others: Iterable[Written] = (),
) -> None:
    """Write the manifest over everything in the draft and `others`, its signature, and the digests of the lines.

    `head` is what the manifest says beside the files. Without a key there is no signature, and it says so.
    """
    if key is not None and seal is REPORT:
        draft.add(Part(name=PUBLIC_KEY, pieces=[signing.public_pem(key)]))
    files = [entry(one) for one in sorted((*draft.written.values(), *others), key=lambda one: one.name)]
    signed = None
    if key is not None:
        signed = {"algorithm": signing.ALGORITHM, "key": signing.key_id(key.public_key()), "file": PUBLIC_KEY}
    data = encode({"schema": SCHEMA, **head, "signed": signed, "files": files})
    draft.add(Part(name=seal.manifest, pieces=[data]))
    if key is not None:
        draft.add(Part(name=seal.signature, pieces=[key.sign(data)]))
        del draft.lines[seal.signature]
    draft.add(Part(name=seal.lines, pieces=lines.encoded(draft.lines)))


def entry(one: Written) -> dict[str, object]:
    """A file as the manifest lists it."""
    return {"name": one.name, "sha256": one.sha256, "bytes": one.bytes, "rows": one.rows}


def read(folder: Path, seal: Seal = REPORT) -> dict[str, Any]:
    """The manifest of a folder. Raises ReportError when there is none, or it is none."""
    path = folder / seal.manifest
    try:
        found = json.loads(path.read_bytes())
    except OSError:
        msg = f"{folder} is no report: it has no {seal.manifest}."
        raise ReportError(msg, hint="Name the folder that a report was written to.") from None
    except ValueError:
        found = None
    if not (isinstance(found, dict) and isinstance(found.get("files"), list)):
        where = "; ".join(
            lines.differences(lines.decoded(folder / seal.lines).get(seal.manifest, ()), lines.of_file(path))
        )
        msg = f"{path} was changed: it is no manifest any more{where and f': {where}'}."
        raise ReportError(msg, hint="Take the report from a copy that was kept elsewhere.")
    return found


def stage(folder: Path) -> str | None:
    """`rendered`, `open` or `closed`; None where no report lies."""
    if (folder / CLOSING.manifest).exists():
        return "closed"
    try:
        return str(read(folder).get("stage", "rendered"))
    except ReportError:
        # What nobody can read any more is not written over either.
        return "open" if (folder / REPORT.manifest).exists() else None
