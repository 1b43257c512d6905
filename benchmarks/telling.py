"""How many messages people get of what a workspace has found: `python benchmarks/telling.py WORKSPACE`.

Its findings are told anew, each at its first moment and the standing ones every five minutes, as a run tells them.
"""

import argparse
import sys
import tempfile
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from alerts.config import Route, Telling, Timing
from alerts.outbox import tell_findings
from keywatch.workspace import Workspace
from model.finding import FindingStatus, Severity
from store.handle import Store
from store.state.findings import list_findings, save_findings

_STEP = timedelta(minutes=5)
_HELD = timedelta(days=1)
"""So long an attack's finding stays open."""


def main() -> None:
    """Read the findings, tell them, print the messages by kind and those that only further keys made."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workspace", type=Path)
    workspace = Workspace.at(parser.parse_args().workspace / "keywatch.toml")
    with workspace.store.reading() as tx:
        found = [one for one in list_findings(tx) if one.status is not FindingStatus.MUTED]
    workspace.close()
    grave = sorted((one for one in found if one.severity.rank >= Severity.MEDIUM.rank), key=lambda one: one.first_seen)
    telling = Telling(routes=(Route(to=("chat",)),), timing=Timing(reminder=None))
    kinds: Counter[str] = Counter()
    words: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(f"sqlite:///{folder}/state.db", Path(folder) / "events")
        now, waiting, standing = grave[0].first_seen, list(grave), []
        while waiting or standing:
            now += _STEP
            fresh = [replace(one, incident_id=None, detected_at=now, status=FindingStatus.OPEN) for one in waiting
                     if one.first_seen <= now]  # fmt: skip
            waiting = waiting[len(fresh) :]
            over = [one for one in standing if one.last_seen + _HELD <= now]
            standing = [one for one in [*standing, *fresh] if one not in over]
            done = [replace(one, status=FindingStatus.RESOLVED, resolved_at=now) for one in over]
            with store.transaction() as tx:
                save_findings(tx, [*fresh, *done])
                ids = [one.id for one in (*fresh, *done)]
                told = tell_findings(tx, list_findings(tx, ids=ids) if ids else [], telling, now=now)
            for alert in told.alerts:
                changes = [str(one) for one in alert.payload.get("changes", ())]  # type: ignore[attr-defined]
                kinds[alert.kind] += 1
                if alert.kind == "updated" and all(" further " in one for one in changes):
                    words.append(" ".join(changes))
        store.close()
    days = max((grave[-1].first_seen - grave[0].first_seen) / timedelta(days=1), 1)
    print(f"{len(grave)} findings of {days:.1f} days, {dict(kinds)}")
    print(f"{len(words)} messages of further keys and addresses alone, {len(words) / days:.2f} a day: {words[:12]}")


if __name__ == "__main__":
    main()
