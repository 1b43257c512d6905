"""Syslog's headers, as daemons and journalctl write them into files.

RFC 3164 (`Mar 24 14:02:50 web-1 nginx[7]: `), RFC 5424 (`<171>1 2025-11-05T20:47:03Z web-1 nginx 7 - - `), and that of
rsyslog (`2025-11-05T20:47:03+00:00 web-1 nginx[7]: `, or no tag and a JSON object); each with and without `<priority>`.
Times without a year and a zone: see `times.without_year`.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from ingest.framing.times import ISO, iso, without_year
from ingest.framing.wrapper import Peel, Times, Wrapper, most

_TAG = rb"[^\s:\[\]\"{]+(?:\[[^\]\s]*\]: ?|:(?: |$))"
_HEADER = re.compile(
    rb"(?:(?P<octets>\d{1,6} )?<\d{1,3}>)?(?:"
    rb"(?P<month>[A-Z][a-z]{2}) +(?P<day>\d{1,2}) (?:(?P<year>\d{4}) )?(?P<clock>\d\d:\d\d:\d\d)(?:\.\d+)? "
    rb"(?:(?:[^\s:]+|[\dA-Fa-f:.]+) )??" + _TAG + rb"|\d{1,2} (?P<time>" + ISO + rb"|-) \S+ \S+ \S+ \S+ "
    rb'(?:-|(?:\[(?:[^\]"\\]|"(?:[^"\\]|\\.)*"|\\.)*\])+)(?: (?:\xef\xbb\xbf)?|$)'
    rb"|(?P<own>" + ISO + rb") \S+ (?:" + _TAG + rb"| *(?=\{)))"
)
_REMARK = re.compile(
    rb"(?:<\d{1,3}>)?(?:[A-Z][a-z]{2} +\d{1,2} \d\d:\d\d:\d\d|" + ISO + rb") (?:\S+ )?(?:\S+: )?"
    rb"(?:-+ )?(?:last )?message repeated \d+ times|-- (?:Logs begin|Journal begins|Boot|Reboot|No entries)\b"
)


def wrapper_of(lines: Sequence[bytes], now: datetime | None) -> Wrapper | None:
    """The wrapper, when most lines have one of the headers."""
    fits = most((_HEADER.match(line) for line in lines), lines)
    return Wrapper(name="syslog", peel=lambda block: _peel(block, now)) if fits else None


def _peel(lines: list[bytes], now: datetime | None) -> Peel:
    texts: list[bytes] = []
    times: Times = []
    begins: list[int] = []
    skipped: list[tuple[int, str]] = []
    last: tuple[object, str | None] = (None, None)
    for position, line in enumerate(lines):
        found = _HEADER.match(line)
        if (b" repeated " in line or line[:3] == b"-- ") and _REMARK.match(line):
            skipped.append((position, "remark"))
            continue
        begins.append(position)
        texts.append(line[found.end() :] if found else line)
        if found is None:
            times.append(None)
            continue
        written = found.group("month", "day", "year", "clock", "time", "own")
        if written != last[0]:
            last = (written, _moment(found, now))
        times.append(last[1])
    return Peel(texts=texts, times=times, begins=begins, skipped=skipped)


def _moment(found: re.Match[bytes], now: datetime | None) -> str | None:
    if found["month"] is None:
        return iso((found["time"] or found["own"]).decode())
    latest = datetime(int(found["year"]), 12, 31, tzinfo=UTC) if found["year"] else now
    return without_year(found["month"], found["day"], found["clock"], latest)
