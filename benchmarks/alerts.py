"""How fast alerts leave, and what a storm costs: `python benchmarks/alerts.py`; writes its part of RESULTS.md.

Each part runs in a process of its own, so that its peak memory is its own.
"""

import argparse
import json
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.measure import ROOT, Measured, run
from benchmarks.results import write_section

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
    head = "## Alerts\n\n| what | figure | seconds | peak MB |\n|---|---|---:|---:|\n"
    write_section(words.results, "alerts", head + "\n".join(rows))


def _row(part: str, measured: Measured) -> str:
    told = json.loads(measured.output)
    what = {
        "leave": "1,000 alerts to one webhook that answers at once, SQLite, each its own transaction",
        "storm": "10,000 findings within a minute: written, told and summed up",
    }[part]
    return f"| {what} | {told['figure']} | {told['seconds']:.1f} | {measured.peak_mb:,.0f} |"


def leave() -> dict[str, object]:
    """Deliver 1,000 alerts to a target that is quick."""
    from alerts.config import Target
    from alerts.delivery import deliver
    from model.clock import FixedClock
    from store.handle import Store

    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(f"sqlite:///{folder}/state.db", Path(folder) / "events")
        _tell(store, 1_000, storm=1_000_000)
        server = _server()
        url = f"http://127.0.0.1:{server.server_port}/"
        begun = time.perf_counter()
        report = deliver(store, [Target(name="hook", url=url)], FixedClock(_T0 + timedelta(minutes=1)), "w1")
        seconds = time.perf_counter() - begun
        server.shutdown()
    return {"seconds": seconds, "figure": f"{report.sent:,} sent, {report.sent / seconds:,.0f} a second"}


def storm() -> dict[str, object]:
    """Tell 10,000 findings at once; counts what left, what was folded, and what the digest says."""
    from store.handle import Store
    from store.state.deliveries import list_deliveries

    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(f"sqlite:///{folder}/state.db", Path(folder) / "events")
        begun = time.perf_counter()
        _tell(store, 10_000, storm=20)
        seconds = time.perf_counter() - begun
        with store.reading() as tx:
            rows = list_deliveries(tx)
        counted = Counter(str(row.status) for row in rows)
        said = next(row.alert.payload["messages"] for row in rows if row.alert.kind == "digest")
    return {"seconds": seconds, "figure": f"{counted['pending']} leave, {counted['folded']:,} in a digest of {said:,}"}


def _tell(store: "Store", number: int, *, storm: int) -> None:  # type: ignore[name-defined]  # noqa: F821
    from alerts.config import AT_ONCE, Route, Telling
    from alerts.outbox import tell_findings
    from store.state.findings import list_findings, save_findings

    findings = [_finding(n) for n in range(number)]
    telling = Telling(routes=(Route(to=("hook",)),), timing=replace(AT_ONCE, storm=storm))
    with store.transaction() as tx:
        save_findings(tx, findings)
        saved = list_findings(tx, ids=[finding.id for finding in findings])
        tell_findings(tx, saved, telling, now=_T0)


def _finding(number: int) -> "Finding":  # type: ignore[name-defined]  # noqa: F821
    from model.finding import Evidence, Finding, FindingStatus, Severity, Subject, finding_id

    about = Subject.parse(f"key:k{number}")
    piece = Evidence(bucket=_T0, count=60, score=6.0, first_seen=_T0, last_seen=_T0)
    return Finding(
        id=finding_id("volume-spike", about, _T0),
        detector="volume-spike",
        subject=about,
        severity=Severity.HIGH,
        status=FindingStatus.OPEN,
        title=f"60 calls with key k{number}, far more than usual",
        summary="In the hour from 09:30 UTC it made 60 calls, 6 times as many as usual.",
        opened=_T0,
        first_seen=_T0,
        last_seen=_T0,
        detected_at=_T0,
        key_id=f"k{number}",
        count=60,
        score=6.0,
        evidence=(piece,),
        runbook="See which routes and addresses the calls come from.",
    )


def _server() -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


if __name__ == "__main__":
    main()
