"""`python -m benchmarks.worlds make|judge|run`: labelled worlds, and what the program finds in them."""

import argparse
import json
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.results import write_section
from benchmarks.worlds import comparing, tables
from benchmarks.worlds.judging import Judged, judge
from benchmarks.worlds.scoring import Verdict

if TYPE_CHECKING:
    from benchmarks.worlds.world import World

_DATA: Final = Path(__file__).resolve().parents[3] / "shared" / "data"
_STEPS: Final = {"1h": timedelta(hours=1), "6h": timedelta(hours=6), "1d": timedelta(days=1)}


def main() -> int:
    """Read the command line and do one thing; returns the exit code."""
    given = _parser().parse_args()
    return int(given.do(given))


def _make(given: argparse.Namespace) -> int:
    begun = time.perf_counter()
    world = _world(given, given.output, given.seed)
    print(
        f"{len(world.log.table()['t']):,} lines, {len(world.holders)} keys, {len(world.plants)} plants,"
        f" {len(world.nuisances)} nuisances in {time.perf_counter() - begun:.1f} s: {given.output}",
    )
    return 0


def _judge(given: argparse.Namespace) -> int:
    print(_report([_judged(given.folder, given)], given))
    return 0


def _judged(folder: Path, given: argparse.Namespace) -> tuple[Judged, dict[str, Verdict]]:
    """A world judged, and beside the peers when asked; prints what else is asked."""
    done = judge(folder, given.workspace, live=_STEPS.get(given.live), again=not given.keep)
    seed = done.known.seed
    print(f"seed {seed}: {len(done.findings)} findings, detect {done.seconds:.1f} s", file=sys.stderr)
    if given.show_missed:
        print(f"\nMissed or not named, seed {seed}:\n{tables.missed(done.verdict)}")
    if given.show_false:
        print(f"\nFalse, seed {seed}:\n{tables.false(done.verdict, done.known.nuisances)}")
    if given.show_severity:
        print(f"\nMilder or graver than it is, seed {seed}:\n{tables.misjudged(done.verdict)}")
    return done, comparing.compare(folder, done) if given.peers else {}


def _world(given: argparse.Namespace, folder: Path, seed: int) -> "World":
    from benchmarks.worlds.make import make

    return make(
        folder,
        seed=seed,
        days=given.days,
        size=given.keys,
        only=given.only,
        form=given.format,
        addresses=given.addresses,
    )


def _run(given: argparse.Namespace) -> int:
    def one(seed: int) -> tuple[Judged, dict[str, Verdict]]:
        with tempfile.TemporaryDirectory(dir=given.folder) as folder:
            _world(given, Path(folder), seed)
            return _judged(Path(folder), given)

    with ThreadPoolExecutor(given.jobs) as pool:
        judged = list(pool.map(one, given.seeds))
    title = f"## Worlds: seeds {given.seeds[0]} to {given.seeds[-1]}"
    _publish(_report(judged, given), "worlds", title, given)
    return 0


def _live(given: argparse.Namespace) -> int:
    from benchmarks.worlds import minutes

    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        _world(given, Path(folder), given.seed)
        text = minutes.report(Path(folder))
    _publish(text, "worlds-live", f"## Worlds: seed {given.seed} by the minute", given)
    return 0


def _real(given: argparse.Namespace) -> int:
    from benchmarks.worlds import real

    if not real.present(given.data):
        print(f"{given.data}: the real logs are not here; nothing was measured.", file=sys.stderr)
        return 0
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        text = real.report(given.data, Path(folder), given.seeds, details=given.show_missed)
    _publish(text, "real", "## Real logs", given)
    return 0


def _series(given: argparse.Namespace) -> int:
    from benchmarks.worlds import series

    folder = given.data / "series"
    if not folder.exists():
        print(f"{folder}: the series are not here; nothing was measured.", file=sys.stderr)
        return 0
    _publish(series.report(folder), "series", "## Monitored series", given)
    return 0


def _publish(text: str, name: str, title: str, given: argparse.Namespace) -> None:
    """Print a text, and write it into its part of RESULTS.md when asked."""
    print(text)
    if given.results:
        write_section(given.results, name, f"{title}\n\nMeasured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC.\n\n{text}")


def _report(judged: list[tuple[Judged, dict[str, Verdict]]], given: argparse.Namespace) -> str:
    verdicts = [one.verdict for one, _ in judged]
    told = tables.summary(verdicts)
    if given.json:
        given.json.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    live = bool(given.live)
    beside = comparing.table([c for _, c in judged], live=live) if given.peers else ""
    return "\n\n".join(
        (
            tables.listed(told),
            tables.families(verdicts, live=live),
            tables.detectors(verdicts),
            *(("Failed calls, beside peers' rules:", beside) if given.peers else ()),
        )
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.worlds", description=__doc__)
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("make", help="make the labelled world of a seed")
    one.add_argument("--seed", type=int, default=1)
    _size(one)
    one.add_argument("-o", "--output", type=Path, required=True)
    one.set_defaults(do=_make)
    one = commands.add_parser("judge", help="run the program on a world and score its findings")
    one.add_argument("folder", type=Path)
    one.add_argument("--keep", action="store_true", help="score what the workspace holds; run nothing")
    _judging(one)
    one.set_defaults(do=_judge)
    one = commands.add_parser("run", help="make and judge the worlds of several seeds")
    one.add_argument("--seeds", type=_seeds, default=_seeds("1-5"))
    one.add_argument("--jobs", type=int, default=1)
    one.add_argument("--folder", type=Path, help="where the worlds are made, one after the other")
    _writing(one)
    _size(one)
    _judging(one)
    one.set_defaults(do=_run, keep=False)
    one = commands.add_parser("live", help="watch one world by the minute, from each onset until it is told")
    one.add_argument("--seed", type=int, default=1)
    one.add_argument("--folder", type=Path, help="where to work")
    _writing(one)
    _size(one)
    one.set_defaults(do=_live)
    one = commands.add_parser("real", help="real logs of others: alerts a day, the attacked key, attacks put in")
    one.add_argument("--data", type=Path, default=_DATA)
    one.add_argument("--seeds", type=_seeds, default=_seeds("101-103"))
    one.add_argument("--folder", type=Path, help="where to work")
    one.add_argument("--show-missed", action="store_true")
    _writing(one)
    one.set_defaults(do=_real)
    one = commands.add_parser("series", help="the volume score on monitored series of others")
    one.add_argument("--data", type=Path, default=_DATA)
    _writing(one)
    one.set_defaults(do=_series)
    return parser


def _size(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--days", type=int, default=35)
    parser.add_argument("--keys", type=int, default=250)
    parser.add_argument("--addresses", choices=["seen", "proxy", "none"], default="seen", help="what the log has")
    parser.add_argument("--format", choices=["json", "combined"], default="json")
    parser.add_argument("--only", nargs="*", default=[], metavar="FAMILY", help="plant only these attack families")


def _writing(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--results", type=Path, help="write it into its part of this RESULTS.md")


def _judging(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--workspace", type=Path, help="the program's workspace; made anew")
    parser.add_argument("--live", choices=sorted(_STEPS), help="ingest and detect in steps of so long")
    parser.add_argument("--show-missed", action="store_true")
    parser.add_argument("--show-false", action="store_true")
    parser.add_argument("--show-severity", action="store_true")
    parser.add_argument("--peers", action="store_true", help="judge the peers' rules for failed calls as well")
    parser.add_argument("--json", type=Path, help="write the figures here")


def _seeds(text: str) -> list[int]:
    """`1-5` or `1,3,7`."""
    first, dash, last = text.partition("-")
    return list(range(int(first), int(last) + 1)) if dash else [int(one) for one in text.split(",")]


if __name__ == "__main__":
    sys.exit(main())
