"""Real logs of others: how many alerts they would have given, whether the attacked key is on top, and attacks put in.

The logs are not part of the project; where their folder is missing, that is what is said.
"""

import json
import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import duckdb
import pandas as pd

from benchmarks.measure import ROOT
from benchmarks.worlds import comparing, tables
from benchmarks.worlds.company import Holder
from benchmarks.worlds.events import columns
from benchmarks.worlds.judging import Judged, judge
from benchmarks.worlds.make import plant_attacks, write_labels
from benchmarks.worlds.running import Caller, keywatch
from benchmarks.worlds.scoring import RANK, Verdict
from benchmarks.worlds.secrets import make_secrets
from benchmarks.worlds.world import World
from benchmarks.worlds.writing import LITERAL, write_inventory, write_log

DATA: Final = ROOT.parent / "shared" / "data"
LOGS: Final = ("nginx_shop_100k.log.gz", "apache_10k.log")
_LINE: Final = r'^(\S+) \S+ \S+ \[([^\]]+)\] "([A-Z]+) (\S+)[^"]*" (\d{3}) (\d+|-) "[^"]*" "([^"]*)"'
_SHORT: Final = frozenset(
    {
        "auth-burst-key",
        "auth-burst-address",
        "auth-burst-network",
        "stuffing",
        "distributed-key",
        "distributed-keys",
        "key-guessing",
        "probing",
        "permission-probing",
        "unregistered-key",
        "scanner-client",
        "client-switching",
        "enumeration",
        "burst-then-success",
    }
)
"""What fits into less than an hour."""
_LONG: Final = _SHORT | {"spraying", "slow-address", "slow-network", "slow-key", "fan-out", "new-origin"}
_KEYS: Final = 250


def as_they_are(log: Path, folder: Path) -> dict[str, Any]:
    """Run the program on a real log as it is, by address: findings by severity; alerts are those from medium."""
    frame = read(log)
    first, last = frame["ts"].min().to_pydatetime(), frame["ts"].max().to_pydatetime()
    keywatch("init", str(folder))
    call = Caller(folder)
    call("ingest", str(log), "--json")
    call("detect", "--until", _hour_over(last).isoformat())
    findings = json.loads(call("findings", "--json"))
    days = (last - first) / timedelta(days=1)
    told = [f for f in findings if f["severity"] in {"medium", "high", "critical"}]
    return {
        "log": log.name,
        "lines": len(frame),
        "days": round(days, 2),
        "findings": dict(Counter(f["severity"] for f in findings)),
        "alerts_a_day": round(len(told) / days, 1),
        "alerts": [f"{f['severity']} {f['title']}" for f in told],
    }


def cloudtrail(logs: Path, folder: Path) -> dict[str, Any]:
    """Run the program on the CloudTrail logs: the rank of the attacked key's incident among all, 1 is the top."""
    records = [r for path in sorted(logs.glob("*.json")) for r in json.loads(path.read_text())["Records"]]
    keys = Counter(r.get("userIdentity", {}).get("accessKeyId") for r in records)
    attacked = next(key for key, _ in keys.most_common() if key)
    last = max(datetime.fromisoformat(r["eventTime"]) for r in records)
    keywatch("init", str(folder))
    call = Caller(folder)
    call("ingest", str(logs), "--json")
    call("detect", "--until", _hour_over(last).isoformat())
    findings, incidents = (json.loads(call(what, "--json")) for what in ("findings", "incidents"))
    mine = {f["incident_id"] for f in findings if attacked in (f["key_id"] or "")}
    ranks = [n for n, one in enumerate(incidents, start=1) if one["id"] in mine]
    return {
        "events": len(records),
        "keys": len(keys),
        "events_of_the_attacked_key": keys[attacked],
        "incidents": len(incidents),
        "findings": dict(Counter(f["severity"] for f in findings)),
        "rank_of_the_attacked_key": min(ranks, default=None),
        "headlines": [f"{one['severity']} {one['headline']}" for one in incidents[:3]],
    }


def injected(log: Path, folder: Path, seed: int) -> tuple[Judged, dict[str, Verdict]]:
    """Attacks planted into a real log, whose times, addresses, paths, answers and clients stay as they are.

    Judged, and beside it each program's verdict on failed calls. The busiest addresses (at most 250, with five requests
    or more) become keys, since the log has none.
    """
    frame = read(log)
    first, last = frame["ts"].min().to_pydatetime(), frame["ts"].max().to_pydatetime()
    start = first.replace(hour=0, minute=0, second=0, microsecond=0)
    world = World(seed=seed, days=(last.date() - first.date()).days + 1, size=_KEYS, start=start)
    times = ((frame["ts"] - start) / pd.Timedelta(milliseconds=1)).astype("int64").to_numpy()
    world.window = (int(times.min()), int(times.max()))
    owners = _hire(world, frame)
    world.log.add(_rows(world, frame, times, owners))
    long = last - first > timedelta(hours=6)
    plant_attacks(world, _LONG if long else _SHORT)
    world.window = (world.window[0], int((_hour_over(last) - start) / timedelta(milliseconds=1)))
    folder.mkdir(parents=True, exist_ok=True)
    write_inventory(world, folder / "keys.csv")
    write_labels(world, folder, write_log(world, folder, "json"))
    done = judge(folder, quiet=timedelta(0))
    return done, comparing.compare(folder, done)


def _hour_over(last: datetime) -> datetime:
    """The end of the last line's hour: who watched live would have judged it then, and no hour is judged before."""
    return last.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


def read(log: Path) -> pd.DataFrame:
    """A combined log: `ts` (UTC), `ip`, `method`, `path`, `status`, `size`, `agent`; unusual lines left out."""
    query = """
        SELECT regexp_extract(line, ?, ['ip', 'time', 'method', 'path', 'status', 'size', 'agent']) AS r
        FROM read_csv(?, columns = {line: 'VARCHAR'}, delim = '\x01', quote = '', escape = '', header = false)
    """
    with duckdb.connect() as connection:
        frame = connection.execute(f"SELECT unnest(r) FROM ({query}) WHERE r.ip <> ''", [_LINE, str(log)]).df()
    frame["ts"] = pd.to_datetime(frame["time"], format="%d/%b/%Y:%H:%M:%S %z", utc=True)
    frame["status"] = frame["status"].astype("int16")
    frame["size"] = pd.to_numeric(frame["size"], errors="coerce").fillna(0).astype("int64")
    return frame.sort_values("ts", kind="stable").reset_index(drop=True)


def _hire(world: World, frame: pd.DataFrame) -> dict[str, int]:
    """A key for each busy address; returns the key's number by address."""
    counts = frame["ip"].value_counts()
    busy = counts[counts >= 5].head(_KEYS)
    routes = {
        str(ip): sorted({_route(world, *pair) for pair in zip(some["method"], some["path"], strict=True)})[:20]
        for ip, some in frame[frame["ip"].isin(busy.index)].groupby("ip")
    }
    for ip, count in busy.items():
        holder: Holder = world.company.hire(temper="service", per_day=float(count))
        holder.name, holder.home, holder.environment = f"client-{ip}", "static", "production"
        holder.secret = make_secrets(1, world.rng)[0]
        holder.addresses, holder.begin = world.ips.numbers([str(ip)]), -30 * 86_400_000
        holder.routes = pd.Series(routes[str(ip)]).to_numpy("int32")
        holder.weights = pd.Series(1 / len(holder.routes), index=range(len(holder.routes))).to_numpy()
        holder.expires = world.length + 100 * 86_400_000
        holder.created = world.length - 60 * 86_400_000
    return {str(ip): n for n, ip in enumerate(busy.index)}


def _rows(world: World, frame: pd.DataFrame, times: Any, owners: dict[str, int]) -> Any:  # noqa: ANN401 (columns)
    return columns(
        len(frame),
        t=times,
        key=frame["ip"].map(owners).fillna(-1).astype("int32").to_numpy(),
        ip=world.ips.numbers(frame["ip"].tolist()),
        route=[_route(world, *pair) for pair in zip(frame["method"], frame["path"], strict=True)],
        status=frame["status"].to_numpy(),
        size=frame["size"].to_numpy(),
        took=20,
        agent=world.agents.numbers([_quoted(agent) for agent in frame["agent"]]),
    )


def _route(world: World, method: str, path: str) -> int:
    return world.route(method, LITERAL + _quoted(path))


def _quoted(text: str) -> str:
    """As it stands between the quotes of JSON."""
    return json.dumps(re.sub(r"\\x[0-9A-F]{2}", "?", text))[1:-1]


def present(data: Path) -> Sequence[Path]:
    """The real logs that are there."""
    return [data / "logs" / name for name in LOGS if (data / "logs" / name).exists()]


def report(data: Path, root: Path, seeds: Sequence[int], *, details: bool) -> str:
    """Markdown about all real logs that are there; works in `root`. With `details`, what was missed and false."""
    trail = cloudtrail(data / "logs" / "cloudtrail", root / "cloudtrail")
    head = (
        f"CloudTrail, {trail['events']:,} events, {trail['keys']} keys, one of them attacked with"
        f" {trail['events_of_the_attacked_key']:,} events: {trail['incidents']} incidents; that of the attacked key has"
        f" place {trail['rank_of_the_attacked_key']}. Findings: {_counts(trail['findings'])}. The top:"
        f" {trail['headlines'][0]}"
    )
    parts = [head]
    for log in present(data):
        plain = as_they_are(log, root / log.stem)
        parts.append(
            f"`{log.name}` as it is, {plain['lines']:,} lines of {plain['days']} days:"
            f" {len(plain['alerts'])} alerts (medium and above), {plain['alerts_a_day']} a day;"
            f" findings: {_counts(plain['findings'])}.",
        )
        parts += [f"- {alert}" for alert in plain["alerts"]] if details else []
        both = [injected(log, root / f"{log.stem}-{seed}", seed) for seed in seeds]
        parts.append(
            f"`{log.name}` with attacks put in, {len(seeds)} seeds: {_found([one.verdict for one, _ in both])}"
        )
        parts += ["Failed calls, beside peers' rules:", comparing.table([compared for _, compared in both])]
        for one in [one.verdict for one, _ in both] if details else ():
            parts += [tables.missed(one), tables.false(one, []), tables.misjudged(one)]
    return "\n\n".join(parts)


def _found(done: Sequence[Verdict]) -> str:
    told, false = tables.summary(done), sum(len(one.false) for one in done)
    attacks, grave = told["attacks"], told["severity"]
    return (
        f"found {attacks['found']:.0%} (what must be: {attacks['found_must']:.0%}), at medium and above"
        f" {attacks['found_at_medium_and_above']:.0%}, named {attacks['named']:.0%} of {attacks['planted']}; {false}"
        f" false alarms in all, precision {attacks['precision_medium']}. Of {grave['tonight']} that need a person"
        f" tonight {grave['tonight_told_at_high_and_above']:.0%} were told at high or above, of {grave['can_wait']}"
        f" that can wait {grave['can_wait_told_at_high_and_above']:.0%}.\n\n{tables.families(done, live=False)}"
    )


def _counts(findings: dict[str, int]) -> str:
    """Gravest first."""
    ordered = sorted(findings.items(), key=lambda one: -RANK[one[0]])
    return ", ".join(f"{count} {name}" for name, count in ordered) or "none"
