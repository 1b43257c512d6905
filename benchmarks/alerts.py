"""How fast alerts leave, and what a storm costs: `python benchmarks/alerts.py`; writes its part of RESULTS.md.

Each part runs in a process of its own, so that its peak memory is its own. The targets: 1,000 alerts in under 30 s, and
10,000 findings within a minute with exact counts, in order, in under 200 MB.
"""

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.measure import ROOT, Measured, run
from benchmarks.results import write_section

_STORM: Final = 10_000
_ROUNDS: Final = 6
_EACH: Final = -(-_STORM // _ROUNDS)
_ORDER: Final = "SELECT alert_id FROM deliveries WHERE status = 'sent' ORDER BY id"
_T0: Final = datetime(2026, 10, 1, 9, 30, tzinfo=UTC)


def main() -> None:
    """Measure both parts and write them down, or run the one that is named (in a process of its own)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="?", choices=("leave", "storm"))
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks" / "RESULTS.md")
    words = parser.parse_args()
    if words.part is not None:
        print(json.dumps(leave() if words.part == "leave" else storm()))
        return
    rows = [_row(part, run([sys.executable, __file__, part])) for part in ("leave", "storm")]
    when, load = datetime.now(UTC), f"load {os.getloadavg()[0]:.0f} on {os.cpu_count()} cores"
    head = f"## Alerts\n\nMeasured {when:%Y-%m-%d %H:%M} UTC, {load}; targets: 30 s, and 200 MB.\n\n"
    head += "| what | figure | wall s | processor s | peak MB |\n|---|---|---:|---:|---:|\n"
    write_section(words.results, "alerts", head + "\n".join(rows))


def _row(part: str, measured: Measured) -> str:
    told = json.loads(measured.output)
    what = {
        "leave": "1,000 alerts to one webhook that answers at once, SQLite, each its own transaction",
        "storm": "10,000 findings within a minute in six rounds: written, told, summed up and delivered",
    }[part]
    times = f"{told['seconds']:.1f} | {measured.cpu_seconds:.1f}"
    return f"| {what} | {told['figure']} | {times} | {measured.peak_mb:,.0f} |"


def leave() -> dict[str, object]:
    """Deliver 1,000 alerts to a target that is quick."""
    from alerts.config import AT_ONCE, Target
    from alerts.delivery import deliver
    from model.clock import FixedClock
    from store.handle import Store

    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(f"sqlite:///{folder}/state.db", Path(folder) / "events")
        _tell(store, range(1_000), timing=replace(AT_ONCE, storm=1_000_000), now=_T0)
        server = _server()
        url = f"http://127.0.0.1:{server.server_port}/"
        begun = time.perf_counter()
        report = deliver(store, [Target(name="hook", url=url)], FixedClock(_T0 + timedelta(minutes=1)), "w1")
        seconds = time.perf_counter() - begun
        server.shutdown()
    return {"seconds": seconds, "figure": f"{report.sent:,} sent, {report.sent / seconds:,.0f} a second"}


def storm() -> dict[str, object]:
    """Tell 10,000 findings within a minute of the clock, in six rounds, then go on until all is told and delivered.

    Counts what left, what was folded and what the digests say, and whether the order of the outbox was kept.
    """
    from alerts.config import Target, Timing
    from alerts.delivery import deliver
    from model.clock import FixedClock
    from store.handle import Store
    from store.state import tallies

    came: list[bytes] = []
    clock = FixedClock(_T0)
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(f"sqlite:///{folder}/state.db", Path(folder) / "events")
        server = _server(came)
        hook = [Target(name="hook", url=f"http://127.0.0.1:{server.server_port}/")]
        begun = time.perf_counter()
        for number in range(_ROUNDS + 4):
            numbers = range(number * _EACH, min((number + 1) * _EACH, _STORM)) if number < _ROUNDS else range(0)
            _tell(store, numbers, timing=Timing(), now=clock.now())
            deliver(store, hook, clock, "w1")
            clock.at += timedelta(seconds=60 / _ROUNDS if number < _ROUNDS else 30)
        seconds = time.perf_counter() - begun
        server.shutdown()
        with store.reading() as tx:
            rows = {(row.status, row.reason): row.number for row in tallies.deliveries(tx)}
            order = [one for (one,) in tx.connection().exec_driver_sql(_ORDER)]
    said = [json.loads(body) for body in came]
    digests = [one for one in said if one["kind"] == "digest"]
    summed = sum(one["incidents"] for one in digests)
    alone = len(said) - len(digests)
    if alone + summed != _STORM or order != [one["alert_id"] for one in said]:
        msg = f"{alone} and {summed} of {_STORM}: {rows}"
        raise SystemExit(msg)
    return {"seconds": seconds, "figure": f"{alone} alone, {summed:,} in {len(digests)} digests; in order, none lost"}


def _tell(store: "Store", numbers: range, *, timing: "Timing", now: datetime) -> None:  # type: ignore[name-defined]  # noqa: F821
    from alerts.config import Route, Telling
    from alerts.outbox import tell_findings
    from store.state.findings import list_findings, save_findings

    findings = [_finding(n, now) for n in numbers]
    telling = Telling(routes=(Route(to=("hook",)),), timing=timing)
    with store.transaction() as tx:
        save_findings(tx, findings)
        saved = list_findings(tx, ids=[finding.id for finding in findings]) if findings else []
        tell_findings(tx, saved, telling, now=now)


def _finding(number: int, now: datetime) -> "Finding":  # type: ignore[name-defined]  # noqa: F821
    from model.finding import Evidence, Finding, FindingStatus, Severity, Subject, finding_id

    about = Subject.parse(f"key:k{number}")
    piece = Evidence(bucket=now, count=60, score=6.0, first_seen=now, last_seen=now)
    return Finding(
        id=finding_id("volume-spike", about, now),
        detector="volume-spike",
        subject=about,
        severity=Severity.HIGH,
        status=FindingStatus.OPEN,
        title=f"60 calls with key k{number}, far more than usual",
        summary="In the hour from 09:30 UTC it made 60 calls, 6 times as many as usual.",
        opened=now,
        first_seen=now,
        last_seen=now,
        detected_at=now,
        key_id=f"k{number}",
        count=60,
        score=6.0,
        evidence=(piece,),
        runbook="See which routes and addresses the calls come from.",
    )


def _server(came: list[bytes] | None = None) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if came is not None:
                came.append(body)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


if __name__ == "__main__":
    main()
