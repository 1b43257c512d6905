"""Prefixes that name a container: docker compose's `web-1  | `, kubectl's `[pod/web-7d4/nginx] `; colours go too."""

import re
from collections.abc import Sequence
from datetime import datetime

from ingest.framing.payload import is_access
from ingest.framing.wrapper import Peel, Times, Wrapper, most

_ESCAPE = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")
_PREFIX = re.compile(
    rb"(?:(?P<name>[A-Za-z0-9][\w.-]*) +\| ?|\[pod/[\w.-]+(?:/[\w.-]+)?\] )"
    rb"(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z )?"
)
"""With `--timestamps` both write nanoseconds; a service's own time has rarely nine digits."""
_NUMBERED = re.compile(rb"[A-Za-z].*[-_]\d+$")
"""A service's name and the number of its replica. Of a name of its own, the line must tell: a column of a log can look
like one."""
_REMARK = re.compile(
    rb"(?:Attaching to |[\w.-]+ exited with code \d+|[^\w\s]? ?(?:Container|Network|Volume) \S+ +"
    rb"(?:Creating|Created|Recreate|Recreated|Starting|Started|Running|Stopping|Stopped|Waiting|Healthy)\b)"
)


def wrapper_of(lines: Sequence[bytes], _now: datetime | None) -> Wrapper | None:
    """The wrapper, when most lines that are no remark name a container."""
    spoken = [line for line in lines if not _REMARK.match(_plain(line))]
    return Wrapper(name="compose", peel=_peel) if most(map(_fits, spoken), spoken) else None


def _plain(line: bytes) -> bytes:
    return _ESCAPE.sub(b"", line) if b"\x1b" in line else line


def _fits(line: bytes) -> bool:
    found = _PREFIX.match(_plain(line))
    if found is None or found["name"] is None or _NUMBERED.match(found["name"]):
        return found is not None
    rest = _plain(line)[found.end() :]
    return b" | " not in rest and (rest[:1] == b"{" or is_access(rest))


def _peel(lines: list[bytes]) -> Peel:
    texts: list[bytes] = []
    times: Times = []
    begins: list[int] = []
    skipped: list[tuple[int, str]] = []
    for position, line in enumerate(lines):
        plain = _plain(line)
        found = _PREFIX.match(plain)
        if found is None and _REMARK.match(plain):
            skipped.append((position, "container"))
            continue
        time = found and found["time"]
        texts.append(plain[found.end() :] if found else plain)
        times.append(time[:-1].decode() if time else None)
        begins.append(position)
    return Peel(texts=texts, times=times, begins=begins, skipped=skipped)
