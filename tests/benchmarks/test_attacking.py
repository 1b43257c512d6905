"""A filled store that is attacked has incidents as a real one has: the detectors found them, each about its own key."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.attacking import attack
from benchmarks.measure import ROOT
from keywatch.workspace import Workspace
from model.finding import Severity
from model.window import Window
from store.queries import explored
from store.queries.matching import Match
from store.state.incidents import list_incidents

END = datetime(2026, 10, 29, 12, tzinfo=UTC)
ATTACKS, KEYS = 4, 30


def test_each_attack_is_an_incident_about_a_key_of_the_store_with_findings_and_requests(tmp_path: Path) -> None:
    folder, size = tmp_path / "workspace", ("--events", "12001", "--keys", str(KEYS), "--days", "2", "--compacted")
    subprocess.run([sys.executable, "benchmarks/filling.py", str(folder), END.isoformat(), *size], cwd=ROOT, check=True)
    workspace = Workspace.at(folder / "keywatch.toml")
    came = attack(workspace, keys=KEYS, attacks=ATTACKS)
    with workspace.store.reading() as tx:
        found = list_incidents(tx)
    grave = [incident for incident in found if incident.severity is Severity.CRITICAL]

    assert ATTACKS == came == len(grave)
    assert ATTACKS == len({incident.key_id for incident in grave}) == len({incident.ip for incident in grave})
    assert {f"key_{n:05d}" for n in range(KEYS)} > {incident.key_id for incident in grave}
    for incident in grave:
        assert {"auth-burst-key", "burst-then-success"} <= {finding.detector for finding in incident.findings}
        window = Window(since=incident.opened_at, until=END)
        match = Match(wanted=(("ip", (incident.ip,)), ("key", (f"id:{incident.key_id}",))))
        with workspace.store.reader(window) as reader:
            assert 85 == len(explored.newest(reader, window, match, limit=100))
    workspace.close()
