"""What lies beside and in reports: changed where it is not sealed, left where it is."""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

from keywatch.privacy.subject import DataSubject
from keywatch.reporting.pseudonymous import TABLE
from reports.manifest import read
from reports.sheets import text_of
from reports.worksheet import NAME
from store.state import mentions


def forget_in_files(folders: Iterable[tuple[Path, str]], subject: DataSubject, stand_in: str) -> Iterator[str]:
    """Take a subject out of (folder, stage) of reports; gives what was changed, and the folders that were emptied.

    The worksheet of an open review keeps its keys: it answers a roster that is sealed.
    """
    for folder, stage in folders:
        if not folder.is_dir():
            continue
        if stage == "rendered":
            yield from _remove(folder, subject)
            continue
        for name in (TABLE, NAME) if subject.kind != "key" else ():
            path = folder / name
            if path.exists() and _without(path, subject.names, None if name == TABLE else stand_in):
                yield str(path)


def naming(folders: Iterable[tuple[Path, str]], subject: DataSubject) -> Iterator[str]:
    """The folders of sealed reports that name a key; people and addresses are pseudonyms in them."""
    for folder, stage in folders:
        if subject.kind == "key" and stage != "rendered" and _named(_files(folder), subject):
            yield str(folder)


def _remove(folder: Path, subject: DataSubject) -> Iterator[str]:
    there = _files(folder)
    if _named(there, subject):
        for path in there:
            path.unlink()
        yield str(folder)


def _files(folder: Path) -> list[Path]:
    names = [str(file["name"]) for file in read(folder)["files"]] if (folder / "manifest.json").exists() else []
    paths = [folder / Path(name).name for name in (*names, "manifest.json", "manifest.json.sig", "lines.sha256")]
    return [path for path in paths if path.is_file()]


def _named(paths: Iterable[Path], subject: DataSubject) -> bool:
    found = mentions.standing_alone(*subject.names)
    return any(found.search(path.read_bytes().decode("utf-8", "replace")) for path in paths)


def _without(path: Path, names: Iterable[str], stand_in: str | None) -> bool:
    """Rewrite a CSV without them: their rows go, or `stand_in` takes their place. False when none is in it."""
    gone = set(names)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    kept = [
        [stand_in if stand_in and text_of(cell) in gone else cell for cell in row]
        for row in rows
        if stand_in or not gone.intersection(map(text_of, row))
    ]
    if kept == rows:
        return False
    draft = path.with_suffix(".draft")
    draft.touch(mode=0o600)
    with draft.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(kept)
    draft.replace(path)
    return True
