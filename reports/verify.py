"""Whether a report is what was sealed; offline, from its folder alone. Names the file and the line that was changed."""

import csv
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from model.errors import ReportError
from reports import lines, manifest, signing
from reports.manifest import BESIDE, CLOSING, PUBLIC_KEY, REPORT, Seal

PROVES: Final = (
    "This shows that the files are those that the owner of the key signed, if you have the key's id from somewhere else"
    " than this folder. It does not show that the logs and the inventory behind them were complete."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was found."""

    report_id: str
    period: str
    stage: str
    """`rendered`, `open` or `closed`."""
    files: int
    """How many are listed in the manifests."""
    signed_by: str | None
    """The id of the key; None without a signature."""
    trusted: bool
    """Whether the public key was handed to the verification, and not taken from the report's own folder."""
    faults: tuple[str, ...]
    """Sentences; none when all is as it was."""
    beside: tuple[str, ...]
    """Files in the folder that belong to no manifest."""


def verify(folder: Path, public_key: bytes | None = None) -> Verification:
    """Check a report's folder. `public_key` is a PEM that came another way; else the folder's own is taken.

    Raises ReportError when it is no report, or the public key is none.
    """
    seals = [REPORT] + [CLOSING] * any((folder / name).exists() for name in (CLOSING.manifest, CLOSING.signature))
    first = manifest.read(folder)
    key = _key(folder, public_key)
    faults: list[str] = []
    listed: set[str] = set()
    for seal in seals:
        listed |= {seal.manifest, seal.signature, seal.lines}
        try:
            found = manifest.read(folder, seal)
        except ReportError as error:
            faults.append(error.what)
            continue
        names = [str(file.get("name")) for file in found["files"] if isinstance(file, dict)]
        told = {one.partition(" was changed")[0] for one in faults}
        found_now = _check(folder, seal, found, key, names)
        faults += [one for one in found_now if one.partition(" was changed")[0] not in told]
        if not faults:
            faults += _helper(folder, seal, [n for n in names if n not in listed or n == REPORT.manifest])
        listed |= set(names)
    beside = sorted(path.name for path in folder.iterdir() if path.name not in listed and path.name not in BESIDE)
    return Verification(
        report_id=str(first.get("report_id")),
        period=str(first.get("period")),
        stage="closed" if CLOSING in seals else str(first.get("stage")),
        files=len(listed),
        signed_by=signing.key_id(key) if key and (folder / REPORT.signature).exists() else None,
        trusted=public_key is not None,
        faults=tuple(faults),
        beside=tuple(beside),
    )


def _key(folder: Path, given: bytes | None) -> signing.PublicKey | None:
    path = folder / PUBLIC_KEY
    if given is not None:
        return signing.public_key(given)
    try:
        return signing.public_key(path.read_bytes()) if path.exists() else None
    except ReportError:
        return None


def _check(
    folder: Path, seal: Seal, found: Mapping[str, Any], key: signing.PublicKey | None, names: Sequence[str]
) -> Iterator[str]:
    kept = lines.decoded(folder / seal.lines)
    yield from _signature(folder, seal, found, key, kept)
    if not kept:
        yield f"{seal.lines} is missing: a changed line cannot be named."
    for name, file in zip(names, (f for f in found["files"] if isinstance(f, dict)), strict=True):
        if name != Path(name).name or name in {".", ".."}:
            yield f"{seal.manifest} lists {name!r}, which is no file of this folder."
            continue
        yield from _file(folder, name, file, kept.get(name), manifest_name=seal.manifest)


def _signature(
    folder: Path,
    seal: Seal,
    found: Mapping[str, Any],
    key: signing.PublicKey | None,
    kept: Mapping[str, Sequence[bytes]],
) -> Iterator[str]:
    path = folder / seal.signature
    data = (folder / seal.manifest).read_bytes()
    if not path.exists():
        if found.get("signed") or key is not None:
            yield f"{seal.signature} is missing, so nothing shows who made the report."
    elif key is None:
        yield f"{PUBLIC_KEY} is missing or was changed: the signature cannot be checked."
    elif not signing.fits(key, path.read_bytes(), data):
        places = [*lines.differences(kept.get(seal.manifest, ()), lines.of_file(folder / seal.manifest))]
        where = f": {'; '.join(places)}" if places and seal.manifest in kept else ""
        yield f"{seal.manifest} is not what was signed by the key {signing.key_id(key)} in {seal.signature}{where}."


def _helper(folder: Path, seal: Seal, names: Sequence[str]) -> Iterator[str]:
    """Of a report that is whole: whether the digests of its lines are what they were; they can be made again."""
    made = {name: b"".join(one + b"\n" for one in lines.of_file(folder / name)) for name in (*names, seal.manifest)}
    wanted = b"".join(lines.encoded(made)).split(b"\n")
    places = list(lines.differences(wanted, (folder / seal.lines).read_bytes().split(b"\n")))
    if places:
        yield f"{seal.lines} was changed: {'; '.join(places)}."


def _file(
    folder: Path, name: str, file: Mapping[str, Any], kept: Sequence[bytes] | None, *, manifest_name: str
) -> Iterator[str]:
    path = folder / name
    if not path.is_file():
        yield f"{name} is missing."
        return
    whole = _sha256(path) == file.get("sha256")
    if whole:
        rows = file.get("rows")
        if name.endswith(".csv") and rows is not None and _rows(path) != rows:
            yield f"{manifest_name} says that {name} has {rows} rows, and it has {_rows(path)}."
        return
    places = list(lines.places(name, kept, lines.of_file(path))) if kept is not None else []
    if not places:
        places = [f"it had {file.get('bytes')} bytes and has {path.stat().st_size}"]
    yield f"{name} was changed: {'; '.join(places)}."


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _rows(path: Path) -> int:
    with path.open(encoding="utf-8", newline="") as file:
        return sum(1 for _ in csv.reader(file)) - 1
