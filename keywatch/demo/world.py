"""The demo world: some 60 keys, fifteen days of their traffic, and a dozen incidents, as files to point keywatch at.

`make_world` is the only thing that others need. The same seed and moment give the same bytes. Fifteen days, not
fourteen: so the hours of the last day still have two full weeks before them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Final

from keywatch.demo import attacks, mishaps
from keywatch.demo.keys import LAST_USES, DemoKey, make_keys
from keywatch.demo.planted import Planted, moment
from keywatch.demo.requests import Requests, join
from keywatch.demo.rhythm import DAY
from keywatch.demo.stage import Stage
from keywatch.demo.traffic import keyless, ordinary
from keywatch.demo.write import Broken, write_inventory, write_log

DAYS: Final = 15
_REFUSED_FROM: Final = 400

_INCIDENTS: Final[tuple[Callable[[Stage], Planted], ...]] = (
    mishaps.disabled_key,
    attacks.wrong_host,
    attacks.key_guessing,
    attacks.burst_then_success,
    attacks.leaked_key,
    mishaps.volume_spike,
    mishaps.silent_key,
    attacks.revoked_key,
    mishaps.expired_key,
    attacks.unregistered_key,
)
_UNTHINNED: Final = frozenset(
    ("sepidar-callcenter", "kavir-claims", "baran-ivr", "karavan-bookings", "mehr-reminders", "darya-partner")
)
"""Keys that incidents happen to; a smaller world leaves them whole, so that the truth stays true."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What was made, and the truth about it."""

    folder: Path
    logs: tuple[Path, ...]
    """access.log first, then back in time."""
    inventory: Path
    """keys.csv."""
    keys: tuple[DemoKey, ...]
    since: datetime
    """The log's first moment."""
    now: datetime
    """The log's end, excluded."""
    lines: int
    """Of all logs together, rejects included."""
    rejects: int
    """Lines that no event can be made of."""
    planted: tuple[Planted, ...]
    """The incidents, in the order of `_INCIDENTS`, then the untidy keys."""
    secrets: tuple[str, ...]
    """Every credential in the inventory or the log, guesses too: none may be found in a workspace."""


def make_world(
    folder: Path,
    *,
    now: datetime,
    seed: int,
    progress: Callable[[int, int], None] | None = None,
    scale: float = 1.0,
) -> World:
    """Write access.log, its rotated days and keys.csv into `folder`, which is created; files of those names go.

    `now` must be aware; its fraction of a second is dropped. `progress` is told the steps done and all steps. With a
    `scale` below 1 the keys that no incident happens to make fewer requests; the truth is the same.
    """
    end = int(now.timestamp())
    tick = _ticker(progress, DAYS + 2)
    stage = _play(end, seed, scale)
    tick()
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob("access.log*"):
        stale.unlink()
    found = [incident(stage) for incident in _INCIDENTS] + mishaps.untidy_keys(stage)
    requests, broken = join(stage.parts.values()), _broken(end)
    write_inventory(folder / "keys.csv", list(stage.keys.values()), _last_uses(stage))
    logs = write_log(folder, requests, broken, rng=stage.stream("ids"), now=end, tick=tick)
    return World(
        folder=folder,
        logs=tuple(logs),
        inventory=folder / "keys.csv",
        keys=tuple(stage.keys.values()),
        since=moment(end - DAYS * DAY),
        now=moment(end),
        lines=len(requests) + len(broken),
        rejects=len(broken),
        planted=tuple(found),
        secrets=_secrets(stage, requests),
    )


def _play(end: int, seed: int, scale: float) -> Stage:
    """The stage with the ordinary traffic of everybody on it."""
    keys = {key.name: key for key in make_keys(moment(end), seed)}
    stage = Stage(now=end, seed=seed, keys=keys)
    since = end - DAYS * DAY
    for name, key in keys.items():
        if key.used:
            thin = 1.0 if name in _UNTHINNED else scale
            stage.parts[name] = ordinary(key, since, end, stage.stream(name), thin)
    stage.parts["keyless"] = keyless(since, end, stage.stream("keyless"), scale)
    return stage


def _last_uses(stage: Stage) -> dict[str, datetime]:
    """When each key was last used with success, by name: as the log tells, or else the cast."""
    uses = {name: moment(stage.now) - timedelta(days=days) for name, days in LAST_USES.items()}
    latest: dict[str, int] = {}
    for part in stage.parts.values():
        good = part.take(part.status < _REFUSED_FROM)
        for token, at in zip(good.token.tolist(), good.at.tolist(), strict=True):
            latest[token] = max(at, latest.get(token, 0))
    return uses | {n: moment(latest[k.secret]) for n, k in stage.keys.items() if k.secret in latest}


def _broken(end: int) -> list[Broken]:
    """A line cut off by a full disk, and one that another log lost."""
    cut, lost = end - 11 * DAY, end - 2 * DAY
    return [
        Broken(
            cut,
            f'{{"time_iso8601":"{moment(cut).isoformat()}","remote_addr":"198.18.12.44","request_method":"GET","request_u',
        ),
        Broken(lost, f"{moment(lost):%Y/%m/%d %H:%M:%S} [warn] 31#31: *1042 an upstream is slow"),
    ]


def _secrets(stage: Stage, requests: Requests) -> tuple[str, ...]:
    return tuple(sorted({key.secret for key in stage.keys.values()} | set(requests.token.tolist()) - {""}))


def _ticker(progress: Callable[[int, int], None] | None, total: int) -> Callable[[], None]:
    steps = count(1)
    return lambda: progress(next(steps), total) if progress else None
