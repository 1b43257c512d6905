"""A made-up two weeks of a company's keys, as frames: services, office hours, nightly batches, mobile and sparse keys.

`World` holds events as rows of (ts, key_ref, ip, client, outcome, number); `frames` counts them as the store would.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from detectors.frames import FRAMES

BEGIN = datetime(2026, 9, 21, tzinfo=UTC)
END = BEGIN + timedelta(days=14)
OUTCOMES = ("ok", "unauthenticated", "forbidden", "throttled", "client_error", "server_error")


@dataclass
class World:
    """Rows of minute buckets: minute, key_ref, ip, client, outcome, requests."""

    rows: list[pd.DataFrame] = field(default_factory=list)
    counted: dict[str, list[dict[str, object]]] = field(
        default_factory=lambda: {"breadth": [], "walks": [], "route_days": []}
    )
    """Rows of frames that are not, or not only, made from `rows`."""
    keys: list[dict[str, object]] = field(default_factory=list)

    def add(
        self,
        minutes: object,
        key_ref: object,
        ip: object,
        client: object,
        outcome: str,
        requests: object,
        *,
        route: str = "GET /v1/agents",
        country: str = "DE",
    ) -> None:
        self.rows.append(
            pd.DataFrame(
                {
                    "minute": minutes,
                    "key_ref": key_ref,
                    "ip": ip,
                    "client": client,
                    "outcome": outcome,
                    "requests": requests,
                    "route": route,
                    "country": country,
                }
            )
        )

    def count(self, frame: str, minute: datetime, key_ref: str | None, ip: str, **numbers: object) -> None:
        """A row of `breadth` or `walks`."""
        times = {"minute": minute, "first_seen": minute, "last_seen": minute + timedelta(minutes=1)}
        place = {"key_ref": key_ref, "ip": ip, "network": ip.rpartition(".")[0] + ".0/24"}
        self.counted[frame].append({**times, **place, "requests": 60, **numbers})

    def key(self, number: int, **facts: object) -> str:
        self.keys.append({"key_id": f"k{number}", "name": f"key-{number}", "status": "active", **facts})
        return f"id:{number}"

    def frames(self) -> dict[str, pd.DataFrame]:
        """What the store would hand over, for the whole fortnight."""
        rows = pd.concat(self.rows, ignore_index=True)
        rows["minute"] = pd.to_datetime(rows["minute"], utc=True)
        rows = rows[rows["requests"] > 0]
        rows["network"] = rows["ip"].str.rpartition(".")[0] + ".0/24"
        for outcome in OUTCOMES:
            rows[outcome] = rows["requests"].where(rows["outcome"] == outcome, 0)
        rows["first_seen"] = rows["minute"]
        rows["last_seen"] = rows["minute"] + pd.Timedelta(seconds=59)
        rows["bytes_out"] = rows["requests"] * 100
        rows["asn"] = None
        rows["hour"] = rows["minute"].dt.floor("h")
        rows["day"] = rows["minute"].dt.floor("D")
        bad = rows[(rows["unauthenticated"] + rows["forbidden"]) > 0]
        touched = rows["ip"].isin(set(bad["ip"])) | rows["key_ref"].isin(set(bad["key_ref"].dropna()))
        keyed = rows.dropna(subset=["key_ref"])
        keys = pd.DataFrame(self.keys).reindex(columns=list(FRAMES["keys"].columns))
        activity = keyed.groupby("key_ref").agg(first_seen=("first_seen", "min"), last_seen=("last_seen", "max"))
        success = keyed[keyed["ok"] > 0].groupby("key_ref")["last_seen"].max()
        refs = ("id:" + keys["key_id"].str[1:]).tolist()
        keys["first_seen"] = activity["first_seen"].reindex(refs).to_numpy()
        keys["last_seen"] = activity["last_seen"].reindex(refs).to_numpy()
        keys["last_success"] = success.reindex(refs).to_numpy()
        return {
            "auth_minutes": grouped(rows[touched], ["minute", "key_ref", "ip", "network"]).assign(
                refs=lambda frame: frame["key_ref"].notna().astype(int)
            ),
            "key_hours": grouped(keyed, ["hour", "key_ref"]),
            "origin_hours": grouped(keyed, ["hour", "key_ref", "ip", "network", "asn", "country", "client"]),
            "network_days": grouped(keyed, ["day", "key_ref", "network"]),
            "client_days": grouped(keyed, ["day", "key_ref", "client"]),
            "country_days": grouped(keyed, ["day", "key_ref", "country"]),
            **{
                name: pd.DataFrame(counted).reindex(columns=list(FRAMES[name].columns))
                for name, counted in self.counted.items()
            },
            "route_days": pd.concat([_with_first_ok(keyed), pd.DataFrame(self.counted["route_days"])]),
            "keys": keys,
            "key_refs": keys.assign(key_ref=refs)[list(FRAMES["key_refs"].columns)],
            "sources": pd.DataFrame(
                [
                    {"name": "edge", "last_event_at": END, "last_read_at": END, "late": False, "reads_keys": True}
                    | {"bytes_lost": 0, "lost_at": pd.NaT}
                ]
            ),
            "telemetry": pd.DataFrame([{"since": BEGIN, "until": END}]),
            "auth_hours": hours_of_failures(keyed),
            "platform_minutes": platform(keyed[keyed["key_ref"].isin(set(keyed.loc[keyed["ok"] > 0, "key_ref"]))]),
        }


def hours_of_failures(keyed: pd.DataFrame) -> pd.DataFrame:
    places = ["hour", "key_ref", "ip", "network", "client"]
    hours = grouped(keyed, places).assign(asn=None)
    failed = hours["unauthenticated"] + hours["forbidden"]
    return hours[(failed > 0) & (failed * 2 >= hours["requests"])]


def platform(keyed: pd.DataFrame) -> pd.DataFrame:
    keys = grouped(keyed, ["minute", "key_ref"])
    keys["failing"] = (keys["unauthenticated"] + keys["forbidden"]) * 2 >= keys["requests"]
    keys["erring"] = keys["server_error"] * 2 >= keys["requests"]
    counts = ("failing", "erring", "requests", "unauthenticated", "forbidden", "server_error")
    sums = {name: (name, "sum") for name in counts}
    return keys.groupby("minute").agg(active=("key_ref", "size"), **sums).reset_index()


def _with_first_ok(keyed: pd.DataFrame) -> pd.DataFrame:
    by = ["day", "key_ref", "route"]
    first = keyed[keyed["ok"] > 0].groupby(by)["first_seen"].min().rename("first_ok").reset_index()
    return grouped(keyed, by).merge(first, on=by, how="left")


def grouped(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    sums = {name: (name, "sum") for name in ("requests", *OUTCOMES, "bytes_out")}
    return (
        rows.groupby(by, dropna=False)
        .agg(**sums, first_seen=("first_seen", "min"), last_seen=("last_seen", "max"))
        .reset_index()
    )


def peaceful(seed: int = 7, count: int = 60) -> World:
    """A fortnight in which nothing bad happens."""
    rng = np.random.default_rng(seed)
    world = World()
    minutes = pd.date_range(BEGIN, END, freq="10min", inclusive="left")
    hour, weekday = minutes.hour.to_numpy(), minutes.day_of_week.to_numpy()
    office = ((hour >= 8) & (hour < 18) & (weekday < 5)).astype(float)
    day = 1 + 0.5 * np.sin((hour - 6) / 24 * 2 * np.pi)
    for number in range(count):
        key = world.key(number, created_at=BEGIN - timedelta(days=30 + number % 40), owner=f"team{number % 9}")
        shape = (day, office, (hour == 2).astype(float), day, (rng.random(len(minutes)) < 0.01) * 1.0)[number % 5]
        level = rng.lognormal(2 if number % 5 != 2 else 4, 0.7)
        noise = rng.gamma(8, 1 / 8, len(minutes)) * np.repeat(rng.gamma(20, 1 / 20, len(minutes) // 144), 144)
        calls = rng.poisson(shape * level * noise)
        if number % 5 == 3:  # mobile: one of many networks for a few hours
            ips = np.array([f"100.{rng.integers(64, 127)}.{rng.integers(256)}.9" for _ in range(84)])
            ip = np.repeat(ips, len(minutes) // 84)
        else:
            ip = np.array([f"198.18.{number}.{1 + m}" for m in rng.integers(0, 3, len(minutes))])
        world.add(minutes, key, ip, f"app{number % 7}/1.{number % 3}", "ok", calls)
        failed = rng.random(len(minutes)) < 0.004
        world.add(minutes[failed], key, ip[failed], "app/1", rng.choice(["unauthenticated", "forbidden"]), 1)
    return world


def _novelties(world: World, noon: datetime) -> None:
    """What is new to a key, and what is asked for in breadth."""

    def at(hours: float, minutes: int) -> list[datetime]:
        return [noon + timedelta(hours=hours, minutes=minute) for minute in range(minutes)]

    for n in range(9):  # published
        world.add(at(9, 20), "id:6", f"203.1.{n}.1", f"tool{n}/1", "ok", 1)
    world.add(at(9.5, 3), "id:7", "198.18.7.1", [f"tool{n}/1" for n in range(3)], "ok", 5)
    for n in range(8):
        world.add(at(9.5, 2), "id:11", "198.18.11.1", f"tool{n}/1", "ok", 2)
    world.add(at(9.7, 5), "id:0", "198.18.0.1", "app0/1.0", "ok", 1, route="DELETE /v1/contacts/{id}")
    world.add(at(9.8, 5), "id:11", "198.18.11.1", "app4/1.2", "ok", 1, route="GET /v1/admin/keys")
    world.add(at(10, 5), "id:10", "203.2.1.1", "app3/1.1", "ok", 5, country="BR")
    for key in ("id:0", "id:11"):
        for day in (BEGIN - timedelta(days=n) for n in range(1, 6)):
            seen = {"first_seen": day, "last_seen": day, "first_ok": day}
            world.counted["route_days"].append(
                {"day": day, "key_ref": key, "route": "GET /v1/agents", "requests": 300, "ok": 300, **seen}
            )
    five = noon + timedelta(hours=10, minutes=5)
    world.count("breadth", five, "id:1", "198.18.1.1", client_error=60, missing_routes=50)
    world.count("breadth", five, "id:1", "198.18.1.1", forbidden=20, forbidden_routes=9)
    world.count("breadth", five, None, "203.2.2.1", unauthenticated=40, refused_routes=30)
    world.count(
        "walks",
        five,
        "id:11",
        "198.18.11.1",
        route="GET /v1/contacts/{id}",
        ok=50,
        client_error=10,
        addresses=1,
        paths=60,
        numbers=60,
        lowest=1,
        highest=60,
        rising=999,
    )
    world.count(
        "walks", five, "id:11", "198.18.11.1", route="GET /v1/contacts", ok=5000, addresses=1, paths=1, requests=5000
    )


def attacked(seed: int = 7, count: int = 20) -> World:
    """The same with one of each attack, most of them on the thirteenth day."""
    world = peaceful(seed, count)
    noon = BEGIN + timedelta(days=12, hours=12)

    def at(hours: float, minutes: int) -> list[datetime]:
        return [noon + timedelta(hours=hours, minutes=minute) for minute in range(minutes)]

    world.add(at(0, 6), "id:0", "203.0.113.1", "curl/8", "unauthenticated", 10)
    world.add(at(1, 20), [f"id:guess{n}" for n in range(20)], "203.0.114.1", "curl/8", "unauthenticated", 2)
    world.add(at(2, 6), "id:5", "203.0.115.1", "curl/8", "unauthenticated", 10)
    world.add(at(2.5, 5), "id:5", "203.0.115.1", "curl/8", "ok", 5)
    world.add(at(3, 30), "id:10", "203.0.116.1", "python-requests/2", "ok", 2)
    world.add(at(4, 180), "id:1", "198.18.1.1", "app1/1.1", "ok", 60)
    world.add(at(5, 10), "id:unlisted", "203.0.117.1", "curl/8", "ok", 2)
    world.add(at(8, 8), [f"id:{n}" for n in (0, 3, 5, 6, 8, 9, 11, 13)], "203.0.119.1", "curl/8", "unauthenticated", 7)
    for number, when, outcome in ((100, -20, "ok"), (100, 6, "unauthenticated")):
        world.add(at(when, 5), f"id:{number}", "198.18.100.1", "job/1", outcome, 1)
    world.key(100, status="revoked", revoked_at=noon - timedelta(hours=10), created_at=BEGIN - timedelta(days=20))
    _novelties(world, noon)
    world.add(at(7, 3), "id:101", "203.0.118.1", "curl/8", "ok", 1)
    world.key(101, status="revoked", revoked_at=noon - timedelta(days=10), created_at=BEGIN - timedelta(days=20))
    world.key(102, created_at=BEGIN)
    world.key(103, created_at=BEGIN - timedelta(days=200), source="csv", source_last_used_at=BEGIN - timedelta(days=60))
    for number in range(8):
        world.add(at(13, 3), f"id:{(0, 3, 5)[number % 3]}", f"203.0.120.{number + 1}", "curl/8", "unauthenticated", 1)
    world.add(at(14, 10), [f"id:{n}" for n in range(10)], "203.0.121.1", "curl/8", "unauthenticated", 1)
    for turn in range(3):
        spray = [f"id:{n}" for n in (0, 3, 5, 6, 8, 9)]
        world.add(at(15 + 0.3 * turn, 6), spray, "203.0.122.1", "curl/8", "unauthenticated", 1)
    for number in range(9):
        world.add(at(16 + 0.05 * number, 1), "id:6", f"203.0.{130 + number}.1", "curl/8", "unauthenticated", 2)
    for number in range(10):
        world.add(at(-2 * number, 1), f"id:slow{number}", "203.0.123.1", "curl/8", "unauthenticated", 1)
    for number in (0, 1, 2, 5, 6, 7, 10, 11, 12):
        world.add(at(20, 4), f"id:{number}", f"198.18.{number}.1", "app/1", "unauthenticated", 3)
    silent = world.rows[15 * 2]  # key 15 is a service: its calls stop
    world.rows[15 * 2] = silent[pd.to_datetime(silent["minute"], utc=True) < noon]
    return world
