"""What a format makes of a file, without a workspace: for `keywatch formats`."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from ingest import lines
from ingest.fingerprint import Pepper
from ingest.formats.directives import directives
from ingest.formats.interface import Format, KeyPlace, Options, Plan
from ingest.formats.registry import named, recognise
from ingest.framing.choose import HEAD, framing_of
from ingest.framing.interface import Framing, Records
from ingest.parse import Other, Parser
from ingest.second import Seconds
from ingest.sources.content import Content
from ingest.sources.encoding import encoding_of
from ingest.sources.finding import find
from ingest.treatment import Treatment
from model.errors import IngestError, UsageError

LARGEST: Final = 64 << 20
"""Bytes of a file, once unpacked, that are tried; of a longer one, the whole records in them."""
_NO_SOURCE: Final = "-"
_CARRIERS: Final = ("field", "header", "query", "cookie", "path")


@dataclass(slots=True, kw_only=True)
class Tried:
    """What became of the file. Lines are its own, from 1."""

    format: str | None = None
    """None: it holds no line."""
    wrappers: str = "lines"
    confidence: float = 0.0
    events: list[dict[str, Any]] = field(default_factory=list)
    rejects: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[dict[str, Any]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    """Sentences about what was not tried."""

    @property
    def name(self) -> str:
        """The format inside its wrappers: `cri > envoy-json`."""
        return str(self.format) if self.wrappers == "lines" else f"{self.wrappers} > {self.format}"


def key_place(text: str) -> KeyPlace:
    """`header:X-Api-Token`, `query:token`, `cookie:sid`, `path:/bot{key}/`, `field:api_key` or only the field's name.

    `id:` before it says that the log holds the provider's id. Raises UsageError.
    """
    place = text.removeprefix("id:")
    kind = "secret" if place == text else "id"
    carrier, colon, name = place.partition(":")
    if not carrier or not colon:
        carrier, name = "field", place
    if carrier not in _CARRIERS or not name or (carrier == "path" and "{key}" not in name):
        msg = f"{text!r} names no place of a key."
        raise UsageError(
            msg,
            hint="Write header:NAME, query:NAME, cookie:NAME, field:NAME or path:/…{key}…, with id: before it for ids.",
        )
    return KeyPlace(carrier=carrier, name=name, kind=kind)  # type: ignore[arg-type]


def try_file(file: Path, name: str, options: Options) -> Tried:
    """Read a file (`-` is standard input) as the format of that name, or as the one that is recognised for `auto`.

    Raises IngestError when it cannot be read, FormatError when no format fits it.
    """
    where = "standard input" if str(file) == "-" else str(file)
    _check_is_one_file(file)
    with _path(file) as path, Content(path) as content:
        block = content.read(LARGEST + 1)
        written, broken = datetime.fromtimestamp(content.modified, UTC), content.broken
    longer = len(block) > LARGEST
    block = encoding_of(block[:HEAD]).text(block[:LARGEST])
    framing = framing_of(block[:HEAD], now=written)
    tried = Tried(wrappers=framing.name)
    if longer:
        tried.remarks.append(f"{where} is longer than {LARGEST >> 20} MiB: only its beginning was tried.")
        block = block[: framing.cut(block)]
    records = _records(framing, block)
    sample = lines.sample(records.data)
    if broken:
        tried.remarks.append(f"{where} ends in the middle of its compressed data: {broken}.")
        if not sample:
            msg = f"{where} holds no whole line: {broken}."
            raise IngestError(msg, hint="Its compressed data ends in the middle; try it again when it is whole.")
    if sample:
        place = where if framing.name == "lines" else f"{where} inside its wrappers ({framing.name})"
        fmt, tried.confidence = _choose(name, sample, options, place)
        tried.format = fmt.name
        pinned = name != "auto" or options.log_format is not None or options.pattern is not None
        _parse(tried, records, sample, fmt, options, written=written, pinned=pinned)
    _number(tried, records)
    return tried


def _check_is_one_file(file: Path) -> None:
    """Raise IngestError where somebody names a folder, a glob or a file that is not there."""
    if str(file) == "-":
        return
    try:
        there, folder = file.exists(), file.is_dir()
    except OSError:
        return  # reading it says why it cannot be read
    if folder:
        inside = next(iter(sorted(one for one in file.rglob("*") if one.is_file())), None)
        msg = f"{file} is a folder, and one file is looked at."
        raise IngestError(msg, hint=f"Name one of its files, such as {inside}." if inside else "It holds no file.")
    if not there and not file.is_symlink():
        (found, *others) = find([file])  # says what it finds when it finds nothing
        msg = f"{file} stands for {len(others) + 1} files, and one is looked at."
        raise IngestError(msg, hint=f"Name one of them, such as {found}.")


def _records(framing: Framing, block: bytes) -> Records:
    return framing.records(block if framing.raw else lines.readable(block, at_start=True))


def _choose(name: str, sample: list[str], options: Options, where: str) -> tuple[Format, float]:
    if name != "auto":
        fmt = named(name)
        return fmt, round(fmt.confidence(sample, options), 3)
    fmt, confidence = recognise(sample, options, where=where)
    return fmt, round(confidence, 3)


def _parse(
    tried: Tried,
    records: Records,
    sample: list[str],
    fmt: Format,
    options: Options,
    *,
    written: datetime,
    pinned: bool,
) -> None:
    # Nothing is kept, so any pepper does: the references only tell which lines share a key.
    parser = Parser(Treatment(source=_NO_SOURCE, pepper=Pepper(b"formats test"), request_id=True))
    try:
        held = directives(records.data, fmt.directive) if fmt.directive else []
        other = _other(tried, fmt, options, pinned=pinned)
        parser.parse(records, fmt.plan(held + sample, options), now=written, other=other)
        tried.events = [{"line": row["line"]} | row for row in parser.rows()]
        tried.skipped = [{"line": n, "class": kind} for n, kind in parser.skipped()]
        tried.rejects = [{"line": n, "reason": reason} for n, reason in parser.rejected()]
    finally:
        parser.close()


def _other(tried: Tried, fmt: Format, options: Options, *, pinned: bool) -> Other:
    """Who is asked about lines that the format cannot read; where it is named, the answer is only told."""
    seconds = Seconds(replace(options, log_format=None, pattern=None))

    def asked(lines: Sequence[str], share: float) -> Plan | None:
        plan = seconds.plan(fmt.name, lines, share)
        if plan is not None and pinned:
            tried.remarks.append(
                f"Lines that are no {fmt.name} look like {plan.format}. Without a format of the config's both are read."
            )
        elif plan is not None:
            tried.remarks.append(f"Lines that are no {fmt.name} are read as {plan.format}.")
        return None if pinned else plan

    return asked


def _number(tried: Tried, records: Records) -> None:
    """Put the wrappers' own remarks among what was skipped."""
    tried.skipped += [{"line": n, "class": kind} for n, kind in records.skipped]
    tried.skipped.sort(key=lambda row: row["line"])


@contextmanager
def _path(file: Path) -> Iterator[Path]:
    """The file's path; standard input is held in memory, for it may hold secrets and is read more than once."""
    if str(file) != "-":
        yield file
        return
    with os.fdopen(os.memfd_create("stdin"), "w+b") as held:
        for _ in range(LARGEST >> 20):
            piece = sys.stdin.buffer.read((1 << 20) + 1)
            held.write(piece)
            if not piece:
                break
        held.flush()
        yield Path(f"/proc/self/fd/{held.fileno()}")
