"""A store with five keys, a stranger, a guesser and twelve requests, all of whose numbers were worked out by hand."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from model.event import EVENT_COLUMNS
from model.finding import Evidence, Finding, FindingStatus, Severity, Subject, finding_id
from model.incident import Alert, Incident, IncidentId, IncidentStatus
from model.key import Key, KeyId, KeyRef, KeyStatus
from model.segment import Segment
from model.window import Window
from reports.render import render
from reports.snapshot import Snapshot, take
from store.events.ids import new_id
from store.events.places import open_events
from store.handle import Store, Transaction
from store.state import activity, deliveries, findings, incidents, inventory, outbox, segments
from tests.engines import ENGINES, clickhouse, clickhouse_server

__all__ = ["clickhouse", "clickhouse_server"]

Event = tuple[str, str | None, str, str, str | None]
"""(moment, key_ref, address, outcome, client)."""

NOW = datetime(2026, 10, 8, 12, tzinfo=UTC)
OCTOBER = Window(since=datetime(2026, 10, 1, tzinfo=UTC), until=datetime(2026, 10, 8, tzinfo=UTC))

EVENTS: tuple[Event, ...] = (
    ("2026-09-20T10:00:00", "id:billing", "192.0.2.1", "ok", "curl/8"),
    ("2026-10-01T00:00:00", "id:billing", "192.0.2.1", "ok", "curl/8"),
    ("2026-10-02T10:00:00", "id:billing", "192.0.2.2", "ok", "python/3"),
    ("2026-10-02T11:00:00", "id:billing", "192.0.2.2", "unauthenticated", "python/3"),
    ("2026-10-03T09:00:00", "id:billing", "192.0.2.2", "server_error", "curl/8"),
    ("2026-10-08T00:00:00", "id:billing", "192.0.2.9", "ok", "later/1"),
    ("2026-10-04T08:00:00", "id:old", "192.0.2.3", "unauthenticated", "curl/8"),
    ("2026-10-05T08:00:00", "id:old", "192.0.2.3", "forbidden", "curl/8"),
    ("2026-10-05T09:00:00", "id:stranger", "198.51.100.7", "ok", "curl/8"),
    ("2026-10-05T10:00:00", "id:guess", "203.0.113.9", "unauthenticated", None),
    ("2026-10-05T10:00:01", None, "203.0.113.9", "unauthenticated", None),
    ("2026-10-06T00:00:00", None, "203.0.113.9", "ok", None),
)


def _day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


KEYS = (
    Key(
        key_id=KeyId("k-billing"),
        name="billing",
        hint="ac_…1234",
        key_refs=(KeyRef("id:billing"),),
        owner="ops@example.com",
        environment="production",
        status=KeyStatus.ACTIVE,
        created_at=_day("2026-03-01"),
        expires_at=_day("2027-03-01"),
        pulled_at=_day("2026-10-07"),
    ),
    Key(
        key_id=KeyId("k-old"),
        name="old",
        key_refs=(KeyRef("id:old"),),
        owner="ops@example.com",
        status=KeyStatus.REVOKED,
        created_at=_day("2026-01-01"),
        revoked_at=_day("2026-10-01"),
        pulled_at=_day("2026-10-07"),
    ),
    Key(
        key_id=KeyId("k-new"),
        name="new",
        key_refs=(KeyRef("id:new"),),
        status=KeyStatus.ACTIVE,
        created_at=_day("2026-09-25"),
        pulled_at=_day("2026-10-07"),
    ),
    Key(
        key_id=KeyId("k-quiet"),
        name="quiet",
        key_refs=(KeyRef("id:quiet"),),
        owner="ops@example.com",
        status=KeyStatus.ACTIVE,
        created_at=_day("2026-01-01"),
        expires_at=_day("2027-01-01"),
        pulled_at=_day("2026-10-07"),
    ),
    Key(
        key_id=KeyId("k-batch"),
        name="batch",
        owner="ops@example.com",
        status=KeyStatus.ACTIVE,
        created_at=_day("2026-08-01"),
        expires_at=_day("2027-01-01"),
        source="vault",
        source_last_used_at=_day("2026-08-10"),
        pulled_at=_day("2026-10-07"),
    ),
)


@pytest.fixture(params=ENGINES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store, on either engine of events."""
    url = "events" if request.param == "duckdb" else request.getfixturevalue("clickhouse")
    place = open_events(url, root=tmp_path, scratch=tmp_path / "scratch", options={})
    opened = Store.open(f"sqlite:///{tmp_path}/state.db", place)
    yield opened
    opened.close()


@pytest.fixture
def write() -> Callable[[Store, Sequence[Event]], None]:
    """Writes events as one segment of the source `edge`, as ingest does."""
    return _write


@pytest.fixture
def filled(store: Store) -> Store:
    """KEYS, EVENTS, one finding in one incident, told to one target and not to another."""
    return _fill(store)


@pytest.fixture(scope="session")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """The snapshot of such a store; it is frozen, so one serves all tests."""
    folder = tmp_path_factory.mktemp("store")
    store = Store.open(f"sqlite:///{folder}/state.db", folder / "events")
    try:
        return _taken(_fill(store))
    finally:
        store.close()


@pytest.fixture
def files(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Snapshot], dict[str, bytes]]:
    """The files of a snapshot's report by name."""

    def written(snapshot: Snapshot) -> dict[str, bytes]:
        folder = tmp_path_factory.mktemp("files") / "report"
        render(snapshot, folder)
        return {path.name: path.read_bytes() for path in folder.iterdir()}

    return written


@pytest.fixture
def snap() -> Callable[..., Snapshot]:
    """Takes a snapshot of a store, of OCTOBER and as of NOW unless told otherwise."""

    return _taken


def _taken(store: Store, window: Window = OCTOBER, now: datetime = NOW) -> Snapshot:
    return take(
        store,
        window,
        now=now,
        period="2026-10-01..2026-10-08",
        generated_by="tester",
        tool_version="0.1.0",
        config_hash="abc123",
        thresholds={"budget": "0.5/day", "unused-key": {"after": "45d"}},
    )


def _fill(store: Store) -> Store:
    with store.transaction() as tx:
        inventory.save_keys(tx, KEYS, _day("2026-10-07"))
    _write(store, EVENTS)
    with store.transaction() as tx:
        _judge(tx)
    return store


def _write(store: Store, rows: Sequence[Event]) -> None:
    with duckdb.connect(":memory:") as duck:
        duck.execute("SET TimeZone = 'UTC'")
        columns = {name: kind for name, kind in EVENT_COLUMNS.items() if name != "batch"}
        duck.execute(f"CREATE TABLE rows ({', '.join(f'{n} {k}' for n, k in columns.items())})")
        arrow = pa.Table.from_pylist([_values(line, row) for line, row in enumerate(rows, 1)])
        duck.register("arrow", arrow)
        duck.execute("INSERT INTO rows BY NAME SELECT * FROM arrow")
        with store.reading() as tx:
            kept = inventory.known_refs(tx)
        table = duck.table("rows").to_arrow_table()
        written = store.events.draft(duck, table, segment=new_id(NOW), kept=kept)
    made = Segment(
        id=written.id,
        source="edge",
        origin="o",
        from_offset=0,
        to_offset=1,
        from_line=0,
        rows=len(rows),
        rejects=1,
        min_ts=written.min_ts,
        max_ts=written.max_ts,
        ingested_at=NOW,
        sealed=written.sealed,
        bytes=written.bytes,
    )
    store.publish(written, made)
    with store.transaction() as tx:
        segments.add_segment(tx, made)
        activity.save_activity(tx, written.activity)
        segments.count_lines(
            tx,
            "edge",
            lines=len(rows) + 1,
            events=len(rows),
            rejects={"not valid JSON": 1},
            skipped=0,
            now=NOW,
            span=Window(since=written.min_ts, until=written.max_ts),
            reads_keys=True,
            format_name="combined",
        )


def _values(line: int, row: Event) -> dict[str, object]:
    at, key_ref, ip, outcome, client = row
    return {
        "ts": _day(at),
        "source": "edge",
        "key_ref": key_ref,
        "ip": ip,
        "method": "GET",
        "route": "/v1/agents",
        "outcome": outcome,
        "client": client,
        "network": f"{ip.rpartition('.')[0]}.0/24",
        "line": line,
    }


def _judge(tx: Transaction) -> None:
    opened = _day("2026-10-04T08:00:00")
    seen = opened + timedelta(days=1)
    subject = Subject.parse("key:k-old")
    evidence = Evidence(bucket=opened, count=2, score=1.0, first_seen=opened, last_seen=seen)
    finding = Finding(
        id=finding_id("revoked-or-expired-key-used", subject, opened),
        detector="revoked-or-expired-key-used",
        subject=subject,
        severity=Severity.HIGH,
        status=FindingStatus.OPEN,
        title="The revoked key old was tried",
        summary="Two tries.",
        opened=opened,
        first_seen=opened,
        last_seen=seen,
        detected_at=seen,
        key_id="k-old",
        key_name="old",
        count=2,
        evidence=(evidence,),
        controls=("CC6.1",),
    )
    findings.save_findings(tx, [finding])
    findings.save_judged(tx, {"revoked-or-expired-key-used": seen}, seen)
    incident = Incident(
        id=IncidentId("i1"),
        subject="key:k-old",
        headline="The revoked key old was tried twice",
        severity=Severity.HIGH,
        status=IncidentStatus.OPEN,
        opened_at=opened,
        updated_at=seen,
        last_seen=seen,
        findings=(finding,),
    )
    incidents.save_incidents(tx, [incident])
    alert = Alert(
        id="a1",
        incident_id=IncidentId("i1"),
        kind="opened",
        created_at=seen,
        severity=Severity.HIGH,
        title="The revoked key old was tried twice",
        body="…",
        payload={"sequence": 1},
    )
    outbox.enqueue(tx, alert, [("security", "k1"), ("oncall", "k2")])
    later = seen + timedelta(minutes=1)
    for target in ("security", "oncall"):
        taken = deliveries.lease(tx, target=target, worker="w", now=later, until=later + timedelta(minutes=5))
        if target == "security":
            deliveries.mark_sent(tx, taken[0], later)
        else:
            deliveries.mark_dead(tx, taken[0], error_class="auth", error="refused")
