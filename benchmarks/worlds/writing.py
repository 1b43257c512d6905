"""A world as files: the log by the order of arrival, the inventory, and where each minute's lines begin."""

import csv
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.worlds.clockwork import MINUTE
from benchmarks.worlds.company import Holder
from benchmarks.worlds.events import QUERY, REFERER, Columns
from benchmarks.worlds.words import HOSTS
from benchmarks.worlds.world import World

_BLOCK: Final = 200_000
_COLUMNS: Final = (
    "key_id name environment owner status created_at expires_at revoked_at rotated_at successor last_used_at secret"
    " timezone"
)
_JSON: Final = (
    '{"time_iso8601":"%s+00:00","remote_addr":"%s","request_method":"%s","request_uri":"%s","host":"%s","status":"%d",'
    '"body_bytes_sent":"%d","request_length":"%d","request_time":"%d.%03d","http_user_agent":"%s","http_referer":"%s",'
    '"http_x_api_token":"%s"}\n'
)
_COMBINED: Final = '%s - - [%s +0000] "%s %s HTTP/1.1" %d %d "%s" "%s" "%s"\n'
COMBINED_FORMAT: Final = (
    '$remote_addr - - [$time_local] "$request" $status $body_bytes_sent '
    '"$http_referer" "$http_user_agent" "$http_x_api_token"'
)
"""The log_format of the combined variant: combined, and the key's header behind it."""


def write_log(world: World, folder: Path, form: str) -> int:
    """Write access.log and arrivals.json; returns the number of lines.

    arrivals.json is a list: [n] is the byte at which the lines begin that arrived in minute n or later.
    """
    table = world.log.table()
    arrived = table["t"] + table["delay"]
    order = np.argsort(arrived, kind="stable")
    last = world.length // MINUTE
    minutes = np.minimum(arrived[order] // MINUTE, last)
    sizes = np.zeros(last + 1, dtype=np.int64)
    with (folder / "access.log").open("w", encoding="utf-8", newline="\n") as file:
        for begin in range(0, len(order), _BLOCK):
            picked = order[begin : begin + _BLOCK]
            rows = {name: column[picked] for name, column in table.items()}
            lines = _break(world, rows, list(_lines(world, rows, form)))
            file.writelines(lines)
            np.add.at(sizes, minutes[begin : begin + _BLOCK], [len(line) for line in lines])  # all ASCII
    begins = np.concatenate(([0], np.cumsum(sizes))).tolist()
    (folder / "arrivals.json").write_text(json.dumps(begins), encoding="utf-8")
    return len(order)


def write_inventory(world: World, path: Path) -> None:
    """keys.csv, as of the end of the world."""
    held = world.log.table()
    known = (held["key"] >= 0) & (held["status"] != 401)
    last = np.full(len(world.holders), -1, dtype=np.int64)
    np.maximum.at(last, held["key"][known], held["t"][known])
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS.split())
        for holder in world.holders:
            writer.writerow(_row(world, holder, int(last[holder.number])))


def _row(world: World, holder: Holder, last: int) -> list[str]:
    def moment(t: int | None) -> str:
        return "" if t is None else world.at(t).replace(microsecond=0).isoformat()

    return [
        holder.key_id,
        holder.name,
        holder.environment,
        holder.owner or "",
        holder.status,
        moment(holder.created),
        moment(holder.expires),
        moment(holder.revoked),
        moment(holder.rotated),
        holder.successor or "",
        moment(last if last >= 0 else holder.last_used),
        holder.secret,
        holder.zone if holder.number % 3 == 0 else "",
    ]


def _lines(world: World, rows: Columns, form: str) -> Iterator[str]:
    routes = world.routes.held
    secrets = [world.secret(key) for key in rows["key"].tolist()]
    methods = [routes[r][0] for r in rows["route"].tolist()]
    uris = [_uri(routes[r][1], item) for r, item in zip(rows["route"].tolist(), rows["item"].tolist(), strict=True)]
    headers, referers = list(secrets), [""] * len(secrets)
    for n in np.flatnonzero(rows["place"] > 0).tolist():
        if rows["place"][n] == QUERY:
            uris[n] += f"{'&' if '?' in uris[n] else '?'}api_key={secrets[n]}"
            headers[n] = ""
        elif rows["place"][n] == REFERER:
            referers[n] = f"https://app.example.com/desk?api_key={secrets[n]}"
    ips = [world.ips.held[ip] for ip in rows["ip"].tolist()]
    agents = [world.agents.held[a] for a in rows["agent"].tolist()]
    status, size = rows["status"].tolist(), rows["size"].tolist()
    if form == "combined":
        times = [(world.start + timedelta(milliseconds=t)).strftime("%d/%b/%Y:%H:%M:%S") for t in rows["t"].tolist()]
        some = zip(
            ips, times, methods, uris, status, size, *(_dashed(x) for x in (referers, agents, headers)), strict=True
        )
        yield from (_COMBINED % row for row in some)
        return
    hosts = [HOSTS[h] for h in rows["host"].tolist()]
    begin = np.datetime64(world.start.replace(tzinfo=None), "ms")
    times = np.datetime_as_string((begin + rows["t"]).astype("datetime64[s]"), unit="s").tolist()
    long, short = (rows["took"] // 1000).tolist(), (rows["took"] % 1000).tolist()
    asked = (rows["size"] % 700 + 180).tolist()
    yield from (
        _JSON % row
        for row in zip(
            times, ips, methods, uris, hosts, status, size, asked, long, short, agents, referers, headers, strict=True
        )
    )


LITERAL: Final = "\0"
"""Before a path that holds no identifier but may hold a percent sign."""


def _uri(path: str, item: int) -> str:
    if path.startswith(LITERAL):
        return path[1:]
    return path % item if "%" in path else path


def _dashed(values: list[str]) -> list[str]:
    return [value or "-" for value in values]


def _break(world: World, rows: Columns, lines: list[str]) -> list[str]:
    """Cut a share of the lines of some time short, as a full disk does; of all others one in 20,000."""
    share = np.full(len(lines), 0.00005)
    for since, until, part in world.broken:
        share[(rows["t"] >= since) & (rows["t"] < until)] = part
    for n in np.flatnonzero((world.rng.random(len(lines)) < share) & (rows["plant"] < 0)).tolist():
        lines[n] = lines[n][: len(lines[n]) // 3] + "\n"
    return lines
