"""The files: the access log, rotated by day as logrotate would, and the inventory."""

import csv
import gzip
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np
from numpy.random import Generator

from keywatch.demo.keys import DemoKey
from keywatch.demo.requests import Requests
from keywatch.demo.rhythm import DAY

LOG_FORMAT: Final = (
    """log_format keys escape=json '{"time_iso8601":"$time_iso8601","remote_addr":"$remote_addr","""
    """"request_method":"$request_method","request_uri":"$request_uri","host":"$host","status":$status,"""
    """"body_bytes_sent":$body_bytes_sent,"request_length":$request_length,"request_time":$request_time,"""
    """"http_user_agent":"$http_user_agent","http_referer":"$http_referer","""
    """"http_x_api_token":"$http_x_api_token","request_id":"$request_id"}';"""
)
"""The line of nginx.conf that would write this log."""

COLUMNS: Final = (
    "key_id", "name", "environment", "owner", "status", "created_at", "expires_at", "last_used_at", "secret",
)  # fmt: skip
"""Of keys.csv."""

_LINE: Final = (
    '{"time_iso8601":"%s+00:00","remote_addr":"%s","request_method":"%s","request_uri":"%s","host":"%s","status":%d,'
    '"body_bytes_sent":%d,"request_length":%d,"request_time":%.3f,"http_user_agent":"%s","http_referer":"%s",'
    '"http_x_api_token":"%s","request_id":"%s"}\n'
)
_LEVEL: Final = 4
"""Of gzip: half the time of the default for a file that is a few per cent larger."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A line that no event can be made of."""

    at: int
    """Seconds since 1970 when it was written."""
    text: str


def write_log(
    folder: Path, requests: Requests, broken: Sequence[Broken], *, rng: Generator, now: int, tick: Callable[[], None]
) -> list[Path]:
    """Write access.log (the UTC day of `now`), access.log.1, access.log.2.gz and so on back; newest first.

    `tick` is called after each file.
    """
    ordered = requests.take(np.argsort(requests.at, kind="stable"))
    files: list[Path] = []
    begin = now // DAY * DAY
    while begin + DAY > ordered.at[0]:
        day = ordered.take(ordered.between(begin, begin + DAY))
        lines = _lines(day, [b for b in broken if begin <= b.at < begin + DAY], rng)
        files.append(_write(folder, len(files), "".join(lines).encode(), min(begin + DAY, now)))
        begin -= DAY
        tick()
    return files


def write_inventory(path: Path, keys: Sequence[DemoKey], last_used: dict[str, datetime]) -> None:
    """Write keys.csv; `last_used` is by the key's name, and a key that it lacks was never used."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(COLUMNS)
        for k in keys:
            times = (_time(t) for t in (k.created_at, k.expires_at, last_used.get(k.name)))
            rows.writerow([k.key_id, k.name, k.environment, k.part.owner, k.status, *times, k.secret])


def _lines(day: Requests, broken: Sequence[Broken], rng: Generator) -> list[str]:
    """The lines of a day; user agents are the only values that need escaping."""
    escaped = {agent: json.dumps(agent, ensure_ascii=False)[1:-1] for agent in set(day.agent.tolist())}
    ids = rng.bytes(16 * len(day)).hex()
    columns = (
        np.datetime_as_string(day.at.astype("datetime64[s]")).tolist(),
        *(c.tolist() for c in (day.ip, day.method, day.uri, day.host, day.status, day.sent, day.received, day.seconds)),
        [escaped[agent] for agent in day.agent.tolist()],
        *(c.tolist() for c in (day.referer, day.token)),
        [ids[i : i + 32] for i in range(0, len(ids), 32)],
    )
    lines = [_LINE % row for row in zip(*columns, strict=True)]
    for line in broken:
        lines.insert(int(np.searchsorted(day.at, line.at)), f"{line.text}\n")
    return lines


def _write(folder: Path, age: int, text: bytes, changed: int) -> Path:
    """Write the log of `age` days ago; from two days on it is compressed, as logrotate does with delaycompress."""
    packed = age > 1
    path = folder / ("access.log" + (f".{age}" if age else "") + (".gz" if packed else ""))
    path.write_bytes(gzip.compress(text, _LEVEL, mtime=0) if packed else text)
    os.utime(path, (changed, changed))
    return path


def _time(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""
