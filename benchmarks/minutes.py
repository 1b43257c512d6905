"""A day of cycles of one minute beside one pass over the same lines: `python benchmarks/minutes.py`; an hour.

The demo's company, at three tenths of its traffic. All but the last day is history for both; then one store gets each
minute what arrived in it and judges, with compaction behind each cycle as in `keywatch run`, and its copy gets the
whole day at once and judges once. Some minutes of lines come up to two hours late. Both must say the same.
"""

import argparse
import gzip
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.measure import ROOT
from benchmarks.results import write_section
from ingest.inventory.read import read_keys
from keywatch.collecting.ingesting import ingest_source
from keywatch.demo.play import CONFIG
from keywatch.demo.world import World, make_world
from keywatch.detecting.judging import judge
from keywatch.inventory.registering import register
from keywatch.new_workspace import make
from keywatch.workspace import Workspace
from model.clock import FixedClock
from store.compaction import compact
from store.state.findings import list_findings

_MINUTE: Final = timedelta(minutes=1)
_LATE: Final = ((190, 12, 35), (460, 12, 80), (800, 12, 115))
"""Lines that come late: from this minute of the day on, so many minutes of them, by so many minutes."""

Line = tuple[datetime, datetime, str]
"""When it arrives, when it happened, and its text."""


def main() -> int:
    """Play the day twice; 1 when the two differ."""
    given = _arguments()
    end = datetime.now(UTC).replace(second=0, microsecond=0) if given.until is None else given.until
    begin = end - timedelta(minutes=given.minutes)
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        world = make_world(Path(folder) / "world", now=end, seed=given.seed, scale=given.scale)
        lines = _lines(world, begin)
        first = Path(folder) / "minutes"
        _history(first, world, [text for _, at, text in lines if at < begin], begin)
        shutil.copytree(first, second := Path(folder) / "once")
        day = sorted(line for line in lines if line[1] >= begin)
        begun = time.monotonic()
        _live(first, day, [begin + _MINUTE * n for n in range(given.minutes + 1)])
        seconds = time.monotonic() - begun
        _feed(second, [text for _, _, text in day], end, live=False)
        minutes, once = _found(first), _found(second)
    late = sum(came > at for came, at, _ in day)
    text = (
        f"## {given.minutes:,} cycles of one minute, and one pass\n\n"
        f"Measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC: the demo's company (seed {given.seed}), {len(day):,} lines,"
        f" of which {late:,} came late. By the minute {len(minutes)} findings, at once {len(once)};"
        f" {len(set(minutes) ^ set(once))} differ. The cycles took {seconds:,.0f} s. Left out are"
        " findings about detectors' own seconds and about the outbox, which nothing was delivered from."
    )
    print(text)
    for whose, one in [("by the minute", one) for one in minutes if one not in once] + [
        ("at once", one) for one in once if one not in minutes
    ]:
        print(f"only {whose}: {one}")
    write_section(given.results, "minutes", text)
    return int(minutes != once)


def _lines(world: World, begin: datetime) -> list[Line]:
    """All lines of the log; one that has no time of its own arrives with the line before it."""
    found: list[Line] = []
    at = world.since
    for path in reversed(world.logs):
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        for text in raw.decode().splitlines():
            at = _time(text) or at
            found.append((at + _delay(at, begin), at, text))
    return found


def _time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(json.loads(text)["time_iso8601"])
    except (ValueError, KeyError, TypeError):
        return None


def _delay(at: datetime, begin: datetime) -> timedelta:
    minute = (at - begin) // _MINUTE
    return next((_MINUTE * by for since, of, by in _LATE if since <= minute < since + of), timedelta())


def _history(root: Path, world: World, lines: Sequence[str], now: datetime) -> None:
    """A workspace that has read and judged what was before the day."""
    make(root, CONFIG.format(webhook="http://127.0.0.1:9/"))
    workspace = Workspace.at(root / "keywatch.toml")
    try:
        keys = read_keys(world.inventory, pulled_at=now, source="csv", pepper=workspace.pepper)
        register(workspace, keys, where=str(world.inventory), now=now)
    finally:
        workspace.close()
    _feed(root, lines, now, live=False)


def _live(root: Path, day: Sequence[Line], moments: Sequence[datetime]) -> None:
    workspace = Workspace.at(root / "keywatch.toml")
    try:
        for since, until in pairwise(moments):
            _cycle(workspace, [text for came, _, text in day if since <= came < until], until, live=True)
            compact(workspace.store, now=until)
    finally:
        workspace.close()


def _feed(root: Path, lines: Sequence[str], now: datetime, *, live: bool) -> None:
    workspace = Workspace.at(root / "keywatch.toml")
    try:
        _cycle(workspace, lines, now, live=live)
    finally:
        workspace.close()


def _cycle(workspace: Workspace, lines: Sequence[str], now: datetime, *, live: bool) -> None:
    path = workspace.root / f"{now:%Y%m%dT%H%M}.log"
    path.write_text("".join(f"{text}\n" for text in lines))
    ingest_source(workspace, workspace.config.sources[0], clock=FixedClock(now), paths=[path])
    judge(workspace, now=now, live=live)


def _found(root: Path) -> list[tuple[object, ...]]:
    """What the findings say of the world; when they were made, and how long a cycle took, is another matter.

    So is what waits in the outbox: nothing delivers here, and who judges more often has more to tell.
    """
    workspace = Workspace.at(root / "keywatch.toml")
    try:
        with workspace.store.reading() as tx:
            return sorted(
                (
                    one.detector, str(one.subject), one.opened, one.first_seen, one.last_seen, one.count,
                    str(one.severity), str(one.status),
                    tuple((piece.bucket, piece.count, round(piece.score, 6)) for piece in one.evidence),
                )
                for one in list_findings(tx)
                if not one.detector.startswith(("detector-", "outbox-"))
            )  # fmt: skip
    finally:
        workspace.close()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--scale", type=float, default=0.3)
    parser.add_argument("--minutes", type=int, default=24 * 60)
    parser.add_argument("--until", type=datetime.fromisoformat, help="the day's end; now, when it is not given")
    parser.add_argument("--folder", type=Path, help="where the stores are made")
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks" / "RESULTS.md")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
